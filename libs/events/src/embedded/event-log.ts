import type { Delivery } from "../delivery.ts";
import type { OutgoingEvent } from "../event-bus.ts";
import type { Stream } from "../streams.ts";
import type { TraceCarrier } from "../tracing.ts";
import type { Store } from "./store.ts";

/** Events deleted in one go, so that pruning never holds the process for long. */
const maxPrunedEvents = 2_000;

/** The events of every stream, and how far each consumer has come. */
export interface EventLog {
  /** Stores the event together with the others of this turn of the event loop, in one transaction. */
  append(stream: Stream, event: OutgoingEvent, carrier: TraceCarrier): Promise<{ duplicate: boolean }>;
  readAfter(stream: Stream, position: number, limit: number): Delivery[];
  finishedPosition(stream: Stream, durable: string): number;
  saveFinishedPosition(stream: Stream, durable: string, position: number): void;
  /** Calls back after events were added to the stream; returns how to stop that. */
  onAppended(stream: Stream, listener: () => void): () => void;
  /** Drops what is older or larger than the streams allow. */
  prune(): void;
  /** Resolves when nothing waits to be stored. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly stream: Stream;
  readonly event: OutgoingEvent;
  readonly carrier: TraceCarrier;
  readonly stored: PromiseWithResolvers<{ duplicate: boolean }>;
}

export function createEventLog(options: {
  readonly store: Store;
  readonly streams: readonly Stream[];
  readonly now: () => number;
}): EventLog {
  const { store, streams, now } = options;
  const { database } = store;
  const listeners = new Map<string, Set<() => void>>();
  let waiting: Waiting[] = [];

  const findRecent = database.prepare(
    "SELECT 1 FROM events WHERE stream = ? AND id = ? AND published_ms > ? LIMIT 1",
  );
  const insert = database.prepare(
    "INSERT INTO events (stream, subject, id, data, carrier, published_ms) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const selectAfter = database.prepare(
    "SELECT * FROM events WHERE stream = ? AND position > ? ORDER BY position LIMIT ?",
  );
  const selectFinished = database.prepare(
    "SELECT finished_position FROM consumers WHERE stream = ? AND durable = ?",
  );
  const upsertFinished = database.prepare(
    `INSERT INTO consumers (stream, durable, finished_position) VALUES (?, ?, ?)
     ON CONFLICT (stream, durable) DO UPDATE SET finished_position = excluded.finished_position`,
  );
  const deleteOld = database.prepare(
    `DELETE FROM events WHERE position IN
       (SELECT position FROM events WHERE stream = ? AND published_ms < ? ORDER BY position LIMIT ${maxPrunedEvents})`,
  );
  const sumBytes = database.prepare(
    "SELECT COALESCE(SUM(LENGTH(data)), 0) AS bytes FROM events WHERE stream = ?",
  );
  const deleteFirst = database.prepare(
    `DELETE FROM events WHERE position IN
       (SELECT position FROM events WHERE stream = ? ORDER BY position LIMIT 1) RETURNING LENGTH(data) AS bytes`,
  );
  const sizeBytes = new Map<string, number>();
  const measure = (stream: Stream): void => {
    sizeBytes.set(stream.name, Number(sumBytes.get(stream.name)?.["bytes"]));
  };
  store.read(() => streams.forEach(measure));

  const storeOne = ({ stream, event, carrier }: Waiting): boolean => {
    if (findRecent.get(stream.name, event.id, now() - stream.duplicateWindowMs)) return true;
    const trace = Object.keys(carrier).length === 0 ? null : JSON.stringify(carrier);
    insert.run(stream.name, event.subject, event.id, event.data, trace, now());
    return false;
  };
  const storeWaiting = (): void => {
    const batch = waiting;
    waiting = [];
    try {
      const syncs = batch.some(({ stream }) => stream.syncsEveryWrite);
      const duplicates = store.transaction(() => batch.map(storeOne), { syncs });
      batch.forEach(({ stream, event, stored }, index) => {
        const duplicate = duplicates[index] === true;
        if (!duplicate) sizeBytes.set(stream.name, (sizeBytes.get(stream.name) ?? 0) + event.data.length);
        stored.resolve({ duplicate });
      });
    } catch (error) {
      for (const { stored } of batch) stored.reject(error);
      return;
    }
    for (const name of new Set(batch.map(({ stream }) => stream.name))) {
      for (const listener of listeners.get(name) ?? []) listener();
    }
  };
  const pruneStream = (stream: Stream): void => {
    const oldest = now() - stream.maxAgeMs;
    if (Number(deleteOld.run(stream.name, oldest).changes) > 0) measure(stream);
    for (let pruned = 0; pruned < maxPrunedEvents; pruned++) {
      const size = sizeBytes.get(stream.name) ?? 0;
      if (size <= stream.maxBytes) return;
      sizeBytes.set(stream.name, size - Number(deleteFirst.get(stream.name)?.["bytes"] ?? 0));
    }
  };

  return {
    append(stream, event, carrier) {
      const stored = Promise.withResolvers<{ duplicate: boolean }>();
      if (waiting.length === 0) setImmediate(storeWaiting);
      waiting.push({ stream, event, carrier, stored });
      return stored.promise;
    },
    readAfter: (stream, position, limit) =>
      store.read(() => selectAfter.all(stream.name, position, limit).map(toDelivery)),
    finishedPosition: (stream, durable) =>
      store.read(() => Number(selectFinished.get(stream.name, durable)?.["finished_position"] ?? 0)),
    saveFinishedPosition: (stream, durable, position) =>
      void store.transaction(() => upsertFinished.run(stream.name, durable, position)),
    onAppended(stream, listener) {
      const all = listeners.get(stream.name) ?? new Set();
      listeners.set(stream.name, all.add(listener));
      return () => void all.delete(listener);
    },
    prune: () => store.transaction(() => streams.forEach(pruneStream)),
    async settled() {
      await Promise.allSettled(waiting.map(({ stored }) => stored.promise));
    },
  };
}

function toDelivery(row: Record<string, unknown>): Delivery {
  return {
    event: {
      subject: row["subject"] as string,
      id: row["id"] as string,
      data: row["data"] as Uint8Array,
      position: Number(row["position"]),
      publishedAt: new Date(Number(row["published_ms"])),
    },
    carrier: typeof row["carrier"] === "string" ? (JSON.parse(row["carrier"]) as TraceCarrier) : {},
  };
}
