import type { AttemptRecord } from "../domain/attempt.ts";
import { attempt, type AttemptEnd } from "./attempt.ts";
import type { Breakers } from "./breakers.ts";
import type { Provider, Target } from "./provider.ts";
import type { StreamSink } from "./relay-stream.ts";
import type { Timeouts } from "./timeouts.ts";

/** What may be seen while targets are tried; called in order. */
export interface AttemptWatcher {
  attemptEnded(record: AttemptRecord, end: AttemptEnd): void;
  breakerOpened(target: Target): void;
}

export interface CallOptions {
  /** Whom to try, in this order. */
  readonly targets: readonly Target[];
  readonly provider: Provider;
  readonly breakers: Breakers;
  readonly maxAttempts: number;
  readonly timeouts: Timeouts;
  readonly watcher: AttemptWatcher;
  readonly now: () => number;
  /** The body for one target: the caller's with the target's model in it. */
  readonly textFor: (target: Target) => string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly choices: number;
  /** Where a stream goes; it is told which attempt has begun to answer, counted from 1. */
  readonly sinkFor: ((target: Target, attempt: number) => StreamSink) | undefined;
  readonly caller: AbortSignal;
  readonly signal: AbortSignal;
}

/** How it all ended: the last attempt's end, or that nobody could be called. */
export interface CallResult {
  readonly attempts: readonly AttemptRecord[];
  /** Endpoints that were not called because their breaker is open. */
  readonly skipped: readonly Target[];
  /** The target of the last attempt. */
  readonly target: Target | undefined;
  readonly end: AttemptEnd;
}

/**
 * Tries the targets in order until one answers, the caller's request is refused, the caller leaves, or the attempts are
 * used up. An attempt that has begun to answer is never followed by another.
 */
export async function callInOrder(options: CallOptions): Promise<CallResult> {
  const { breakers, caller, signal, watcher } = options;
  const attempts: AttemptRecord[] = [];
  const skipped: Target[] = [];
  let last: Target | undefined;
  let retryAfterMs: number | undefined;
  for (const target of options.targets) {
    if (attempts.length >= options.maxAttempts || signal.aborted) break;
    if (!breakers.admit(target)) {
      skipped.push(target);
      continue;
    }
    last = target;
    const { record, end } = await attemptOn(target, attempts.length + 1, options);
    attempts.push(record);
    if (breakers.settle(target, callEndOf(end))) watcher.breakerOpened(target);
    watcher.attemptEnded(record, end);
    if (end.kind !== "failed") return { attempts, skipped, target, end };
    retryAfterMs = shorter(retryAfterMs, end.retryAfterMs);
  }
  if (caller.aborted) return { attempts, skipped, target: last, end: { kind: "left" } };
  for (const target of skipped) retryAfterMs = shorter(retryAfterMs, breakers.waitMs(target));
  return { attempts, skipped, target: last, end: { kind: "failed", retryAfterMs } };
}

async function attemptOn(target: Target, number: number, options: CallOptions) {
  const { breakers, textFor, sinkFor, body, ...same } = options;
  try {
    return await attempt({
      ...same,
      request: { target, text: textFor(target), body },
      sink: sinkFor?.(target, number),
    });
  } catch (error) {
    // A bug of ours proves nothing about the endpoint, but must not hold its probe's place for ever.
    breakers.settle(target, "left");
    throw error;
  }
}

function callEndOf(end: AttemptEnd): "succeeded" | "failed" | "left" {
  if (end.kind === "left") return "left";
  return end.kind === "failed" || end.kind === "broken" ? "failed" : "succeeded";
}

function shorter(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
