import type { ServerResponse } from "node:http";
import type { UpstreamRequest } from "./fake-upstream.ts";

export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens?: number;
  readonly outputTokens: number;
}

/** Pieces of a stream; an async iterable lets the test decide when each comes. */
export type Pieces<T> = Iterable<T> | AsyncIterable<T>;

export type Answer =
  /** A chat completion, as one JSON body or, when the request says `stream: true`, as chunks ended by [DONE]. */
  | {
      readonly kind: "text";
      readonly text: string | Pieces<string>;
      readonly usage?: TokenUsage;
      readonly finishReason?: string;
      /** Cuts the connection after this many pieces instead of finishing. */
      readonly cutAfter?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Any JSON body with any status, such as an error. */
  | {
      readonly kind: "json";
      readonly status?: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Raw server-sent events, for wires other than OpenAI's and for broken ones. */
  | { readonly kind: "events"; readonly events: Pieces<SentEvent>; readonly cutAfter?: number }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" }
  /** Cuts the connection without a byte. */
  | { readonly kind: "cut" };

export interface SentEvent {
  readonly event?: string;
  /** Sent as it is when a string, else as JSON. */
  readonly data: unknown;
}

/** Full control, when no `Answer` fits. */
export type AnswerWriter = (request: UpstreamRequest, response: ServerResponse) => void | Promise<void>;

/** An OpenAI error body with its status. */
export function errorAnswer(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return { kind: "json", status, body: { error: { message, type: "upstream_error", code: null } }, headers };
}

export async function writeAnswer(
  answer: Answer,
  request: UpstreamRequest,
  response: ServerResponse,
): Promise<void> {
  switch (answer.kind) {
    case "hang":
      return;
    case "cut":
      response.destroy();
      return;
    case "json":
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.body));
      return;
    case "events":
      await writeEvents(response, answer.events, answer.cutAfter);
      return;
    case "text":
      if (request.body["stream"] === true) {
        await writeEvents(response, completionChunks(answer, request), answer.cutAfter, answer.headers);
      } else {
        await writeCompletion(answer, request, response);
      }
      return;
    default:
      answer satisfies never;
  }
}

type TextAnswer = Extract<Answer, { kind: "text" }>;

const createdAt = 1_767_225_600;

async function writeCompletion(
  answer: TextAnswer,
  request: UpstreamRequest,
  response: ServerResponse,
): Promise<void> {
  let content = "";
  for await (const piece of pieces(answer.text)) content += piece;
  if (answer.cutAfter !== undefined) {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"id":"chatcmpl-cut","object":"chat.comp', () => response.destroy());
    return;
  }
  response.writeHead(200, { "content-type": "application/json", ...answer.headers });
  response.end(
    JSON.stringify({
      id: "chatcmpl-fake",
      object: "chat.completion",
      created: createdAt,
      model: request.body["model"],
      choices: [
        {
          index: 0,
          message: { role: "assistant", content },
          finish_reason: answer.finishReason ?? "stop",
        },
      ],
      usage: usageBody(answer.usage),
    }),
  );
}

async function* completionChunks(answer: TextAnswer, request: UpstreamRequest): AsyncIterable<SentEvent> {
  const chunk = (choices: unknown[], more: object = {}): SentEvent => ({
    data: {
      id: "chatcmpl-fake",
      object: "chat.completion.chunk",
      created: createdAt,
      model: request.body["model"],
      choices,
      ...more,
    },
  });
  let isFirst = true;
  for await (const content of pieces(answer.text)) {
    const delta = isFirst ? { role: "assistant", content } : { content };
    isFirst = false;
    yield chunk([{ index: 0, delta, finish_reason: null }]);
  }
  yield chunk([{ index: 0, delta: {}, finish_reason: answer.finishReason ?? "stop" }]);
  const options = request.body["stream_options"] as { include_usage?: boolean } | undefined;
  if (options?.include_usage) yield chunk([], { usage: usageBody(answer.usage) });
  yield { data: "[DONE]" };
}

async function writeEvents(
  response: ServerResponse,
  events: Pieces<SentEvent>,
  cutAfter = Number.POSITIVE_INFINITY,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers });
  response.flushHeaders();
  let sent = 0;
  for await (const { event, data } of events) {
    if (sent++ >= cutAfter) {
      response.destroy();
      return;
    }
    const name = event === undefined ? "" : `event: ${event}\n`;
    const line = typeof data === "string" ? data : JSON.stringify(data);
    await new Promise<void>((resolve) => void response.write(`${name}data: ${line}\n\n`, () => resolve()));
    if (response.destroyed) return;
  }
  response.end();
}

/** A plain string comes word by word, its spaces kept. */
function pieces(text: string | Pieces<string>): Pieces<string> {
  return typeof text === "string" ? (text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text]) : text;
}

function usageBody(usage: TokenUsage = { inputTokens: 10, outputTokens: 5 }): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
  };
}
