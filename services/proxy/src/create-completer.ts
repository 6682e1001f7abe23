import type { Candidate } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import { createProviders } from "./adapters/providers/providers.ts";
import { complete, type CompletionEnd } from "./answering/complete.ts";

/** The longest pause within an answer that is not streamed; most upstreams send it in one piece. */
const idleTimeoutMs = 30_000;
const connectTimeoutMs = 3_000;

export interface CompleterOptions {
  /** Where endpoints' keys are looked up. */
  readonly environment: Environment;
  /** How long one completion may take at all of a candidate's endpoints together. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly newId: () => string;
}

/** Candidates asked by this process itself, without an edge, a policy or events: what annotation needs. */
export interface Completer {
  complete(
    candidate: Candidate,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CompletionEnd>;
  close(): Promise<void>;
}

export function createCompleter({ environment, timeoutMs, now, newId }: CompleterOptions): Completer {
  const provider = createProviders({ environment, connectTimeoutMs, now, newId });
  const timeouts = {
    firstByteMs: timeoutMs,
    completionMs: timeoutMs,
    idleMs: Math.min(idleTimeoutMs, timeoutMs),
    totalMs: timeoutMs,
  };
  return {
    complete: (candidate, body, signal) => complete({ candidate, body, provider, timeouts, signal, now }),
    close: () => provider.close(),
  };
}
