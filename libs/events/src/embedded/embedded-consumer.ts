import { setTimeout as delay } from "node:timers/promises";
import { createDeliverer, type Delivery } from "../delivery.ts";
import type { Consumer, NoticeListener, ReceivedEvent, Subscription } from "../event-bus.ts";
import { toError } from "../failure.ts";
import { createInFlight } from "../in-flight.ts";
import type { EventLog } from "./event-log.ts";

const readBatchEvents = 64;
/** Unfinished events, those that wait for a retry included, beyond which no new ones are read. */
const maxUnfinishedEvents = 1_000;
const failurePauseMs = 1_000;

export function consumeFromStore(options: {
  readonly log: EventLog;
  readonly consumer: Consumer;
  readonly handler: (event: ReceivedEvent) => Promise<void>;
  readonly notify: NoticeListener;
}): Subscription {
  const { log, consumer, handler, notify } = options;
  const { durable, stream, maxInFlight = 1 } = consumer;
  const deliver = createDeliverer({ system: "ipr-embedded", consumer, handler, notify });
  const closing = new AbortController();
  const { signal } = closing;
  const inFlight = createInFlight(maxInFlight);

  /** Where reading goes on, and the events before that which are not finished, in order of position. */
  let readPosition = log.finishedPosition(stream, durable);
  let savedPosition = readPosition;
  const unfinished = new Set<number>();
  const due: Delivery[] = [];
  const retries = new Set<NodeJS.Timeout>();

  let wake = Promise.withResolvers<void>();
  const awaken = (): void => wake.resolve();
  const stopListening = log.onAppended(stream, awaken);

  /** Everything up to the first unfinished event is finished: that is all that has to be remembered. */
  const savePosition = (): void => {
    const [firstUnfinished] = unfinished;
    const finished = firstUnfinished === undefined ? readPosition : firstUnfinished - 1;
    if (finished <= savedPosition) return;
    log.saveFinishedPosition(stream, durable, finished);
    savedPosition = finished;
  };
  let saveScheduled = false;
  const scheduleSave = (): void => {
    if (saveScheduled) return;
    saveScheduled = true;
    setImmediate(() => {
      saveScheduled = false;
      // close() saves for itself, before the store is gone.
      if (!signal.aborted) attempt(savePosition);
    });
  };
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      notify({
        kind: "subscription_failed",
        subscription: `consumer ${durable} of ${stream.name}`,
        error: toError(error),
      });
      return undefined;
    }
  };

  const handle = async (delivery: Delivery): Promise<void> => {
    const verdict = await deliver(delivery);
    if (verdict.kind === "finished") {
      unfinished.delete(delivery.event.position);
      scheduleSave();
      if (unfinished.size === maxUnfinishedEvents - 1) awaken();
      return;
    }
    const timer = setTimeout(() => {
      retries.delete(timer);
      due.push(delivery);
      awaken();
    }, verdict.afterMs);
    retries.add(timer);
  };

  const nextBatch = (): Delivery[] | undefined => {
    if (due.length > 0) return due.splice(0);
    const room = Math.min(readBatchEvents, maxUnfinishedEvents - unfinished.size);
    if (room <= 0) return [];
    const batch = attempt(() => log.readAfter(stream, readPosition, room));
    for (const { event } of batch ?? []) {
      unfinished.add(event.position);
      readPosition = event.position;
    }
    return batch;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = nextBatch();
      if (!batch) await delay(failurePauseMs, undefined, { signal }).catch(() => undefined);
      else if (batch.length === 0) {
        await wake.promise;
        wake = Promise.withResolvers();
      }
      for (const delivery of batch ?? []) {
        if (signal.aborted) break;
        await inFlight.start(() => handle(delivery));
      }
    }
    await inFlight.settled();
  };
  const running = run();

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    stopListening();
    awaken();
    await running;
    for (const timer of retries) clearTimeout(timer);
    attempt(savePosition);
  };
  return {
    established: Promise.resolve(),
    close: () => (closed ??= close()),
  };
}
