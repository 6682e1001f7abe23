import { IprError, status } from "@ipr/errors";
import type { CallContext } from "./types.ts";

/** What a hop keeps of its caller's time for its own answer. */
const hopReserveMs = 2;

/** A deadline as an abort signal. Dispose it when the call has ended, or the timer lives on. */
export interface Deadline extends CallContext, Disposable {}

/**
 * Aborts after `timeoutMs`, or with `parent`. The abort reason is an IprError.
 *
 * @param what names the call in the error.
 */
export function startDeadline(what: string, timeoutMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + timeoutMs;
  const timer = setTimeout(() => controller.abort(deadlineError(what, timeoutMs)), timeoutMs);
  const onParentAbort = () => controller.abort(abortReason(parent));
  if (parent?.aborted) onParentAbort();
  else parent?.addEventListener("abort", onParentAbort, { once: true });
  return {
    signal: controller.signal,
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", onParentAbort);
    },
  };
}

/** How long a call made on behalf of `context` may take: its own limit, or a little less than the caller's rest. */
export function hopTimeoutMs(limitMs: number, context: CallContext): number {
  return Math.max(1, Math.min(limitMs, context.remainingMs() - hopReserveMs));
}

export function deadlineError(what: string, timeoutMs: number): IprError {
  return new IprError(
    status.DEADLINE_EXCEEDED,
    "DEADLINE",
    `${what}: no answer within ${Math.round(timeoutMs)} ms`,
  );
}

/** Why a call was given up, as an IprError: whoever aborts a signal without one has left. */
export function abortReason(signal: AbortSignal | undefined): IprError {
  const reason: unknown = signal?.reason;
  if (reason instanceof IprError) return reason;
  return new IprError(status.CANCELLED, "NEIGHBOUR_DOWN", "the caller left", { cause: reason });
}

/**
 * Settles with `work`, or rejects with the signal's reason, whichever is first. Work that is too late may still fail:
 * that is heard here, and nobody's concern.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
