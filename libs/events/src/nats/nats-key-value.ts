import { JetStreamApiCodes, JetStreamApiError, StorageType } from "@nats-io/jetstream";
import { type KV, type KvWatchEntry, Kvm } from "@nats-io/kv";
import type { KeyValue, KeyValueChange, NoticeListener } from "../event-bus.ts";
import { eventsUnavailable, revisionConflict, toError } from "../failure.ts";
import type { OpenSubscriptions } from "../open-subscriptions.ts";
import { maxBucketBytes } from "../streams.ts";
import { listKeys } from "./list-keys.ts";
import type { NatsLink, NatsSession } from "./nats-link.ts";
import { keepSubscribed, onAbort, type Run } from "./nats-subscription.ts";

/** How long an operation waits for a connection. */
const operationTimeoutMs = 5_000;

const conflictCodes: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

export function natsKeyValue(options: {
  readonly link: NatsLink;
  readonly bucket: string;
  readonly replicas: number;
  readonly notify: NoticeListener;
  readonly subscriptions: OpenSubscriptions;
}): KeyValue {
  const { link, bucket, replicas, notify, subscriptions } = options;
  const opened = new WeakMap<NatsSession, Promise<KV>>();

  const open = (session: NatsSession): Promise<KV> => {
    const known = opened.get(session);
    if (known) return known;
    const opening = new Kvm(session.js).create(bucket, {
      history: 1,
      storage: StorageType.File,
      replicas,
      max_bytes: maxBucketBytes,
      // Reads go to the leader, so that a revision that was read is the present one.
      allow_direct: false,
    });
    opened.set(session, opening);
    opening.catch(() => opened.delete(session));
    return opening;
  };
  const using = async <T>(
    what: string,
    operate: (kv: KV, session: NatsSession) => Promise<T>,
  ): Promise<T> => {
    const session = await link.session(operationTimeoutMs);
    try {
      return await operate(await open(session), session);
    } catch (error) {
      if (error instanceof JetStreamApiError && conflictCodes.has(error.code)) throw error;
      throw eventsUnavailable(`could not ${what} in bucket ${bucket}`, error);
    }
  };
  const present = async (key: string) => {
    const entry = await using(`read ${key}`, (kv) => kv.get(key));
    return entry?.operation === "PUT" ? entry : undefined;
  };

  return {
    async get(key) {
      const entry = await present(key);
      return entry && { key, value: entry.value, revision: entry.revision };
    },
    put: (key, value) => using(`write ${key}`, async (kv) => ({ revision: await kv.put(key, value) })),
    async update(key, value, expectedRevision) {
      try {
        return await using(`write ${key}`, async (kv) => ({
          revision: await (expectedRevision === 0
            ? kv.create(key, value)
            : kv.update(key, value, expectedRevision)),
        }));
      } catch (error) {
        if (!(error instanceof JetStreamApiError)) throw error;
        const actual = await present(key);
        throw revisionConflict(key, expectedRevision, actual?.revision ?? 0);
      }
    },
    delete: (key) => using(`delete ${key}`, (kv) => kv.delete(key)),
    keys: () => using("list the keys", (_kv, session) => listKeys(session, bucket)),
    watch(onEntry, { key } = {}) {
      const name = `watch of ${key ?? "all keys"} in ${bucket}`;
      const tell = (change: KeyValueChange): void => {
        try {
          onEntry(change);
        } catch (error) {
          notify({ kind: "subscription_failed", subscription: name, error: toError(error) });
        }
      };
      const run: Run = async (session, established, stop) =>
        watch({ kv: await open(session), key, tell, established, stop });
      return subscriptions.track(keepSubscribed({ link, name, notify, run }));
    },
  };
}

async function watch(options: {
  readonly kv: KV;
  readonly key: string | undefined;
  readonly tell: (entry: KeyValueChange) => void;
  readonly established: () => void;
  readonly stop: AbortSignal;
}): Promise<void> {
  const { kv, key, tell, established, stop } = options;
  const entries = await kv.watch(key === undefined ? {} : { key });
  onAbort(stop, () => entries.stop());
  // With nothing there, no entry will say that it is the last of the initial ones.
  const isEmpty = key === undefined ? (await kv.status()).values === 0 : (await kv.get(key)) === null;
  if (isEmpty) established();
  for await (const entry of entries) {
    if (stop.aborted) return;
    tell(toChange(entry));
    if (entry.isUpdate || entry.delta === 0) established();
  }
  if (!stop.aborted) throw new Error("the server ended the watch");
}

function toChange(entry: KvWatchEntry): KeyValueChange {
  const value = entry.operation === "PUT" ? entry.value : undefined;
  return { key: entry.key, value, revision: entry.revision };
}
