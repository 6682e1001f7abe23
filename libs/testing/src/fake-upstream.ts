import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, type AnswerWriter, writeAnswer } from "./upstream-answer.ts";

/** One request as the upstream saw it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as sent, and parsed when it is JSON. */
  readonly text: string;
  readonly body: Record<string, unknown>;
  /** Resolves when the exchange is over: "finished", or "left" when the caller went away before the end. */
  readonly ended: Promise<"finished" | "left">;
}

export interface FakeUpstream extends AsyncDisposable {
  /** What a candidate's base_url would be: http://127.0.0.1:<port>/v1 */
  readonly baseUrl: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly UpstreamRequest[];
  /** Answers the next requests, each once, in this order; then `always` holds again. */
  next(...answers: readonly (Answer | AnswerWriter)[]): void;
  /** Answers every request that `next` does not. At first: the text "ok". */
  always(answer: Answer | AnswerWriter): void;
  /** Open TCP connections, to see that none leaks. */
  connections(): Promise<number>;
}

const maxBodyBytes = 64 * 1024 * 1024;

/** A real HTTP server that speaks OpenAI's chat completions (and, by `events`, anyone's SSE) from a script. */
export async function fakeUpstream(): Promise<FakeUpstream> {
  const requests: UpstreamRequest[] = [];
  const queue: (Answer | AnswerWriter)[] = [];
  let standing: Answer | AnswerWriter = { kind: "text", text: "ok" };

  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readBody(request);
    const ended = new Promise<"finished" | "left">((resolve) => {
      response.once("close", () => resolve(response.writableFinished ? "finished" : "left"));
    });
    const seen: UpstreamRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      text,
      body: parseObject(text),
      ended,
    };
    requests.push(seen);
    const answer = queue.shift() ?? standing;
    await (typeof answer === "function" ? answer(seen, response) : writeAnswer(answer, seen, response));
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    next: (...answers) => void queue.push(...answers),
    always(answer) {
      standing = answer;
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > maxBodyBytes) throw new Error(`a request body is larger than ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
