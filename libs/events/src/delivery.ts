import type { Consumer, NoticeListener, ReceivedEvent } from "./event-bus.ts";
import { toError } from "./failure.ts";
import { type TraceCarrier, traceHandler } from "./tracing.ts";

const defaultMaxAttempts = 8;
/** Failing events remembered at once. Beyond it the oldest starts over: another process may have finished it long ago. */
const maxRememberedFailures = 10_000;
const defaultBackoffMs = [200, 1_000, 5_000, 15_000, 30_000, 60_000] as const;

export interface Delivery {
  readonly event: ReceivedEvent;
  readonly carrier: TraceCarrier;
}

/** What becomes of an event after an attempt to handle it. */
export type Verdict = { readonly kind: "finished" } | { readonly kind: "again"; readonly afterMs: number };

/**
 * Hands one event to a handler and judges how it went.
 *
 * Failures are counted in this process, by position, and not by how often the event was delivered: an event that was
 * merely near one that ended the process must not be given up for it.
 */
export function createDeliverer(options: {
  readonly system: string;
  readonly consumer: Consumer;
  readonly handler: (event: ReceivedEvent) => Promise<void>;
  readonly notify: NoticeListener;
}): (delivery: Delivery) => Promise<Verdict> {
  const { system, consumer, handler, notify } = options;
  const { durable, maxAttempts = defaultMaxAttempts, backoffMs = defaultBackoffMs } = consumer;
  const failures = new Map<number, number>();

  return async ({ event, carrier }) => {
    const { position, subject, id } = event;
    try {
      await traceHandler(system, event, carrier, () => handler(event));
      failures.delete(position);
      return { kind: "finished" };
    } catch (thrown) {
      const attempts = (failures.get(position) ?? 0) + 1;
      const failure = { durable, subject, id, attempts, error: toError(thrown) };
      if (attempts >= maxAttempts) {
        failures.delete(position);
        notify({ kind: "event_given_up", failure });
        return { kind: "finished" };
      }
      failures.set(position, attempts);
      const [oldest] = failures.keys();
      if (failures.size > maxRememberedFailures && oldest !== undefined) failures.delete(oldest);
      const retryAfterMs = backoffMs[Math.min(attempts, backoffMs.length) - 1] ?? 0;
      notify({ kind: "handler_failed", failure, retryAfterMs });
      return { kind: "again", afterMs: retryAfterMs };
    }
  };
}
