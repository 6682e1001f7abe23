import { type EventBus, maxEventBytes, type NoticeListener, type OutgoingEvent } from "../event-bus.ts";
import { eventsUnavailable, eventTooLarge, toError } from "../failure.ts";
import { createOpenSubscriptions } from "../open-subscriptions.ts";
import { allStreams, type Stream, streamOf } from "../streams.ts";
import { tracePublish } from "../tracing.ts";
import { consumeFromStore } from "./embedded-consumer.ts";
import { embeddedKeyValues } from "./embedded-key-value.ts";
import { createEventLog } from "./event-log.ts";
import { openStore } from "./store.ts";

const defaultMaxStoreBytes = 4 * 1024 ** 3;
const pruneEveryMs = 30_000;

export interface EmbeddedBusOptions {
  /** Where events.db is kept; in memory when left out. */
  readonly directory?: string;
  readonly streams?: readonly Stream[];
  readonly maxStoreBytes?: number;
  readonly now?: () => number;
  readonly onNotice?: NoticeListener;
}

/** The bus over SQLite in this process, for a router that is one process. Throws when its file cannot be used. */
export function createEmbeddedBus(options: EmbeddedBusOptions = {}): EventBus {
  const { streams = allStreams, now = Date.now, onNotice = () => undefined } = options;
  const store = openStore(options.directory, options.maxStoreBytes ?? defaultMaxStoreBytes);
  const { log, keyValues } = openLog();
  const subscriptions = createOpenSubscriptions();
  let isOpen = true;

  function openLog() {
    try {
      const log = createEventLog({ store, streams, now });
      log.prune();
      return { log, keyValues: embeddedKeyValues(store, onNotice) };
    } catch (error) {
      store.close();
      throw error;
    }
  }
  const prune = setInterval(() => {
    try {
      log.prune();
    } catch (error) {
      onNotice({ kind: "unavailable", error: toError(error) });
    }
  }, pruneEveryMs);
  prune.unref();

  const publish = async (event: OutgoingEvent): Promise<{ duplicate: boolean }> => {
    if (!isOpen) throw eventsUnavailable("is closed");
    if (event.data.length > maxEventBytes) {
      throw eventTooLarge(event.subject, event.data.length, maxEventBytes);
    }
    const stream = streamOf(event.subject);
    return tracePublish("ipr-embedded", event, (carrier) => log.append(stream, event, carrier));
  };
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(prune);
    await log.settled();
    await subscriptions.close();
    store.close();
  };
  return {
    publish,
    consume: (consumer, handler) =>
      subscriptions.track(consumeFromStore({ log, consumer, handler, notify: onNotice })),
    keyValue: (bucket) => keyValues(bucket, subscriptions),
    isReady: () => isOpen,
    close,
    [Symbol.asyncDispose]: close,
  };
}
