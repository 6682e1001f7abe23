import type { KeyValue, KeyValueChange, NoticeListener } from "../event-bus.ts";
import { revisionConflict, toError } from "../failure.ts";
import type { OpenSubscriptions } from "../open-subscriptions.ts";
import type { Store } from "./store.ts";

type Listener = (change: KeyValueChange) => void;

/** The buckets of a store. Watches see the writes of this bus, which is the only one on its file. */
export function embeddedKeyValues(
  store: Store,
  notify: NoticeListener,
): (bucket: string, subscriptions: OpenSubscriptions) => KeyValue {
  const { database } = store;
  const selectOne = database.prepare(
    "SELECT key, value, revision FROM key_values WHERE bucket = ? AND key = ?",
  );
  const selectAll = database.prepare(
    "SELECT key, value, revision FROM key_values WHERE bucket = ? AND value IS NOT NULL ORDER BY revision",
  );
  const lastRevision = database.prepare(
    "SELECT COALESCE(MAX(revision), 0) AS revision FROM key_values WHERE bucket = ?",
  );
  // A deleted key keeps its row, so that revisions never run backwards.
  const upsert = database.prepare(
    `INSERT INTO key_values (bucket, key, value, revision) VALUES (?, ?, ?, ?)
     ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value, revision = excluded.revision`,
  );
  const listeners = new Map<string, Set<Listener>>();

  return (bucket, subscriptions) => {
    const listening = listeners.get(bucket) ?? new Set();
    listeners.set(bucket, listening);

    const read = (key: string): KeyValueChange | undefined => {
      const row = selectOne.get(bucket, key);
      return row && toChange(row);
    };
    const presentRevision = (key: string): number => {
      const found = read(key);
      return found?.value === undefined ? 0 : found.revision;
    };
    const write = (key: string, value: Uint8Array | undefined, expectedRevision?: number): number => {
      const revision = store.transaction(
        () => {
          const actual = presentRevision(key);
          if (expectedRevision !== undefined && actual !== expectedRevision) {
            throw revisionConflict(key, expectedRevision, actual);
          }
          const next = Number(lastRevision.get(bucket)?.["revision"]) + 1;
          upsert.run(bucket, key, value ?? null, next);
          return next;
        },
        { syncs: true },
      );
      const change = { key, value: value && Uint8Array.from(value), revision };
      for (const listener of listening) listener(change);
      return revision;
    };

    return {
      // oxlint-disable-next-line typescript/require-await -- the port is asynchronous, SQLite is not
      async get(key) {
        const found = store.read(() => read(key));
        if (found?.value === undefined) return undefined;
        return { key, value: found.value, revision: found.revision };
      },
      put: async (key, value) => ({ revision: write(key, value) }),
      update: async (key, value, expectedRevision) => ({ revision: write(key, value, expectedRevision) }),
      delete: async (key) => void write(key, undefined),
      keys: async () => store.read(() => selectAll.all(bucket).map((row) => row["key"] as string)),
      watch(onEntry, { key } = {}) {
        const tell: Listener = (change) => {
          if (key !== undefined && change.key !== key) return;
          try {
            onEntry(change);
          } catch (error) {
            const subscription = `watch of ${key ?? "all keys"} in ${bucket}`;
            notify({ kind: "subscription_failed", subscription, error: toError(error) });
          }
        };
        store.read(() => selectAll.all(bucket)).forEach((row) => tell(toChange(row)));
        listening.add(tell);
        return subscriptions.track({
          established: Promise.resolve(),
          close: async () => void listening.delete(tell),
        });
      },
    };
  };
}

function toChange(row: Record<string, unknown>): KeyValueChange {
  return {
    key: row["key"] as string,
    value: (row["value"] as Uint8Array | null) ?? undefined,
    revision: Number(row["revision"]),
  };
}
