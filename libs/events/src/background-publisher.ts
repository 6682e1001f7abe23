import { setTimeout as delay } from "node:timers/promises";
import { context, type Context } from "@opentelemetry/api";
import type { EventBus, OutgoingEvent } from "./event-bus.ts";
import { isTransient, toError } from "./failure.ts";

const defaultMaxPendingEvents = 10_000;
const defaultMaxPendingBytes = 64 * 1024 * 1024;
/** What a busy bus takes in one go; see docs/architecture.md for the measured rates. */
const maxInFlightEvents = 256;
const attemptTimeoutMs = 5_000;
const firstRetryPauseMs = 100;
const maxRetryPauseMs = 5_000;

export interface BackgroundPublisherOptions {
  readonly maxPendingEvents?: number;
  readonly maxPendingBytes?: number;
  /**
   * Told of every event that will not be published: "overflow" when it was the oldest of too many, otherwise the bus
   * refused it for good. An event whose confirmation was lost may have been stored all the same.
   */
  readonly onDropped?: (event: OutgoingEvent, why: "overflow" | Error) => void;
}

/** Every offered event is in exactly one of these. */
export interface PublisherCounts {
  readonly pending: number;
  readonly published: number;
  /** Published before under the same id. */
  readonly duplicates: number;
  readonly dropped: number;
}

/** Publishes behind the back of a request: offering never waits and never throws. */
export interface BackgroundPublisher extends AsyncDisposable {
  offer(event: OutgoingEvent): void;
  counts(): PublisherCounts;
  /** Resolves when nothing is pending, or after the timeout with what still is. */
  flush(timeoutMs: number): Promise<{ pending: number }>;
  /** Stops publishing; what is pending counts as dropped. Flush first. */
  close(): Promise<void>;
}

interface Pending {
  /** Grows with every offer: what was offered first is published, or dropped, first. */
  readonly sequence: number;
  readonly event: OutgoingEvent;
  /** The trace of the request that offered it. */
  readonly context: Context;
}

export function createBackgroundPublisher(
  bus: Pick<EventBus, "publish">,
  options: BackgroundPublisherOptions = {},
): BackgroundPublisher {
  const {
    maxPendingEvents = defaultMaxPendingEvents,
    maxPendingBytes = defaultMaxPendingBytes,
    onDropped = () => undefined,
  } = options;
  /** Oldest first. Together with those in flight it holds everything pending. */
  const queue: Pending[] = [];
  let [offered, inFlight, pendingBytes, published, duplicates, dropped] = [0, 0, 0, 0, 0, 0];
  let pauseMs = 0;
  let pausing: Promise<void> | undefined;
  let idle: PromiseWithResolvers<void> | undefined;
  const closing = new AbortController();

  const settle = (pending: Pending): void => {
    pendingBytes -= pending.event.data.length;
    if (queue.length + inFlight === 0) idle?.resolve();
  };
  const drop = (pending: Pending, why: "overflow" | Error): void => {
    dropped++;
    settle(pending);
    onDropped(pending.event, why);
  };
  const isFull = (): boolean => queue.length + inFlight > maxPendingEvents || pendingBytes > maxPendingBytes;
  const dropOverflow = (): void => {
    while (isFull()) {
      const oldest = queue.shift();
      if (!oldest) return;
      drop(oldest, "overflow");
    }
  };

  const putBack = (pending: Pending): void => {
    const place = queue.findIndex(({ sequence }) => sequence > pending.sequence);
    queue.splice(place === -1 ? queue.length : place, 0, pending);
  };

  const publish = async (pending: Pending): Promise<void> => {
    const { event } = pending;
    try {
      const publishing = context.with(pending.context, () =>
        bus.publish(event, { timeoutMs: attemptTimeoutMs }),
      );
      const { duplicate } = await publishing;
      inFlight--;
      if (duplicate) duplicates++;
      else published++;
      pauseMs = 0;
      settle(pending);
    } catch (error) {
      inFlight--;
      if (!isTransient(error)) drop(pending, toError(error));
      else if (closing.signal.aborted) drop(pending, "overflow");
      else {
        putBack(pending);
        dropOverflow();
        pausing ??= pause();
      }
    }
    pump();
  };
  const pause = async (): Promise<void> => {
    pauseMs = Math.min(Math.max(pauseMs * 2, firstRetryPauseMs), maxRetryPauseMs);
    await delay(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    pausing = undefined;
    pump();
  };
  const pump = (): void => {
    if (pausing || closing.signal.aborted) return;
    while (inFlight < maxInFlightEvents) {
      const next = queue.shift();
      if (!next) return;
      inFlight++;
      void publish(next);
    }
  };

  const close = async (): Promise<void> => {
    closing.abort();
    for (const pending of queue.splice(0)) drop(pending, "overflow");
  };
  return {
    offer(event) {
      const pending = { sequence: offered++, event, context: context.active() };
      pendingBytes += event.data.length;
      if (closing.signal.aborted) {
        drop(pending, "overflow");
        return;
      }
      queue.push(pending);
      dropOverflow();
      pump();
    },
    counts: () => ({ pending: queue.length + inFlight, published, duplicates, dropped }),
    async flush(timeoutMs) {
      if (queue.length + inFlight > 0) {
        idle ??= Promise.withResolvers();
        const timer = new AbortController();
        const timeout = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
        await Promise.race([idle.promise, timeout]);
        timer.abort();
        idle = undefined;
      }
      return { pending: queue.length + inFlight };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
