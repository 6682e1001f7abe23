import { parseUsage, type TokenUsage } from "../domain/usage.ts";
import type { UpstreamResponse } from "./provider.ts";
import { UpstreamFault } from "./upstream-fault.ts";
import type { Watchdog } from "./watchdog.ts";

/** The largest answer that is not streamed; images and audio come as base64 inside it. */
const maxAnswerBytes = 64 * 1024 * 1024;

export interface Completion {
  /** The body as the upstream sent it. */
  readonly body: Buffer;
  readonly usage: TokenUsage | undefined;
}

/** Reads a body to its end; `onFirstByte` is called when it begins. */
export async function readBody(
  response: UpstreamResponse,
  options: { readonly watchdog: Watchdog; readonly idleMs: number; readonly onFirstByte: () => void },
): Promise<Buffer> {
  const { watchdog, idleMs, onFirstByte } = options;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    if (size === 0) onFirstByte();
    size += part.length;
    if (size > maxAnswerBytes) throw new UpstreamFault(`the answer is larger than ${maxAnswerBytes} bytes`);
    parts.push(part);
    watchdog.expect("next chunk", idleMs);
  }
  watchdog.rest();
  return Buffer.concat(parts, size);
}

/**
 * Makes sure that a body is a chat completion: some upstreams report a failure with a status of success.
 *
 * @throws UpstreamFault when it is not.
 */
export function parseCompletion(body: Buffer): Completion {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new UpstreamFault("the answer is not JSON");
  }
  const { error, choices, usage } = (value ?? {}) as Record<string, unknown>;
  if (error) throw new UpstreamFault("the answer is an error with a status of success");
  if (!Array.isArray(choices)) throw new UpstreamFault("the answer is not a chat completion");
  return { body, usage: parseUsage(usage) };
}
