import { IprError, messageOf, status } from "@ipr/errors";
import type { RemoteEncoderManifest } from "@ipr/estimator";
import { startDeadline } from "@ipr/grpc";
import { Agent, type Dispatcher } from "undici";
import { z } from "zod";
import { badManifest } from "./bad-manifest.ts";
import type { EncodingServer } from "./remote-encoder.ts";

/** How often one request is made, the first time included, when the server fails or cannot be reached. */
const maxAttempts = 3;
/** Pause before the second attempt, in milliseconds; the next waits twice as long. All are within one deadline. */
const firstRetryMs = 50;
/** The largest body that is read: 2,048 vectors of 8,192 numbers would be larger, and no server sends that. */
const maxBodyBytes = 64 * 1024 * 1024;
/** How much of a refusal is repeated in the error. */
const maxQuotedCharacters = 200;

const answerSchema = z.object({
  data: z.array(z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()) })),
});

/** Any server with OpenAI's `POST /v1/embeddings`. */
export function connectOpenAi(
  dir: string,
  manifest: RemoteEncoderManifest,
  environment: Readonly<Record<string, string | undefined>>,
): EncodingServer {
  const { url, model, timeoutMs, keyVariable } = manifest;
  if (model === undefined)
    throw badManifest(dir, "has no model, which an OpenAI-compatible server must be told");
  const key = keyVariable === undefined ? undefined : environment[keyVariable];
  if (keyVariable !== undefined && !key)
    throw badManifest(dir, `takes its API key from ${keyVariable}, which is not set`);
  const endpoint = new URL(`${url.replace(/\/+$/, "")}/embeddings`);
  const agent = new Agent({ connect: { timeout: timeoutMs } });
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };

  const attempt = async (body: string, signal: AbortSignal) => {
    const response = await agent.request({
      origin: endpoint.origin,
      path: endpoint.pathname + endpoint.search,
      method: "POST",
      headers,
      body,
      signal,
    });
    return { code: response.statusCode, text: await bodyText(response.body, endpoint.href) };
  };

  return {
    async encode(texts, signal) {
      using deadline = startDeadline(`encoder at ${endpoint.href}`, timeoutMs, signal);
      const body = JSON.stringify({ model, input: texts, encoding_format: "float" });
      for (let tries = 1; ; tries++) {
        const failure = await attempt(body, deadline.signal).then(
          (answer) => (answer.code === 200 ? answer.text : failedWith(endpoint.href, answer)),
          (error: unknown) => unreachable(endpoint.href, error, deadline.signal),
        );
        if (typeof failure === "string") return vectorsOf(failure, endpoint.href);
        const isWorthARetry = failure.code === status.UNAVAILABLE && tries < maxAttempts;
        if (!isWorthARetry || deadline.signal.aborted) throw failure;
        await pause(firstRetryMs * 2 ** (tries - 1), deadline.signal);
      }
    },
    close: () => agent.destroy(),
  };
}

async function bodyText(body: Dispatcher.ResponseData["body"], where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw wrongAnswer(where, `more than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function vectorsOf(text: string, where: string): readonly number[][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongAnswer(where, "a body that is not JSON");
  }
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrongAnswer(where, `no embeddings, at "${issue?.path.join(".")}": ${issue?.message}`);
  }
  return parsed.data.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
}

/** What a status other than 200 means: worth a retry, or wrong for good. */
function failedWith(where: string, { code, text }: { code: number; text: string }): IprError {
  const message = `encoder at ${where} answered ${code}: ${text.slice(0, maxQuotedCharacters)}`;
  const isPassing = code === 429 || code >= 500;
  return new IprError(
    isPassing ? status.UNAVAILABLE : status.FAILED_PRECONDITION,
    isPassing ? "NEIGHBOUR_DOWN" : "WRONG_ENCODER",
    message,
    { metadata: { neighbour: where } },
  );
}

function unreachable(where: string, error: unknown, signal: AbortSignal): IprError {
  if (signal.aborted && signal.reason instanceof IprError) return signal.reason;
  if (error instanceof IprError) return error;
  const message = `encoder at ${where} did not answer: ${messageOf(error)}`;
  return new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", message, {
    metadata: { neighbour: where },
    cause: error,
  });
}

function wrongAnswer(where: string, what: string): IprError {
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", `encoder at ${where} gave ${what}`, {
    metadata: { neighbour: where },
  });
}

/** Waits, or rejects with the signal's reason. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(resolve, ms);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  });
}
