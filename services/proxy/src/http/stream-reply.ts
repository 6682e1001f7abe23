import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { StreamSink, StreamTail } from "../answering/relay-stream.ts";
import type { OpenAiErrorBody } from "./error-table.ts";

/**
 * How long a caller has to read the error event before the connection is cut: many clients drop what they have not
 * read yet when they notice the cut.
 */
const beforeCutMs = 100;

/** The caller's end of a stream: it begins with the first part of an answer. */
export function streamSink(
  response: ServerResponse,
  options: { readonly headers: () => Record<string, string>; readonly signal: AbortSignal },
): StreamSink {
  return {
    begin() {
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        // Asks proxies on the way not to collect a stream before they pass it on.
        "x-accel-buffering": "no",
        ...options.headers(),
      });
    },
    async write(bytes) {
      if (!response.write(bytes)) await once(response, "drain", { signal: options.signal });
    },
  };
}

/** Ends a finished stream: one last chunk with usage (where the caller asked for it) and the facts, then `[DONE]`. */
export function finishStream(
  response: ServerResponse,
  options: { readonly tail: StreamTail; readonly wantsUsage: boolean; readonly facts: object },
): void {
  response.end(`data: ${lastChunk(options)}\n\ndata: [DONE]\n\n`);
}

function lastChunk({ tail, wantsUsage, facts }: Parameters<typeof finishStream>[1]): string {
  const ipr = `"ipr":${JSON.stringify(facts)}`;
  // One chunk for both: clients that add usage up, and those that take the last chunk's, are then both right.
  if (wantsUsage && tail.usageChunk)
    return `${tail.usageChunk.slice(0, tail.usageChunk.lastIndexOf("}"))},${ipr}}`;
  const chunk = JSON.stringify({ ...tail.identity, object: "chat.completion.chunk", choices: [] });
  return `${chunk.slice(0, -1)},${ipr}}`;
}

/** Ends a stream that cannot be finished: an error event, no `[DONE]`, and a cut connection. */
export async function breakStream(response: ServerResponse, error: OpenAiErrorBody): Promise<void> {
  response.write(`data: ${JSON.stringify(error)}\n\n`);
  await delay(beforeCutMs);
  response.destroy();
}
