import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { invalidField } from "@ipr/errors";
import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { maxEventBytes, type NoticeListener } from "../event-bus.ts";
import { eventsUnavailable, eventTooLarge } from "../failure.ts";
import type { WorkQueue, WorkTask } from "../work-queue.ts";
import { ensureConsumer } from "./ensure-consumer.ts";
import { createNatsLink, type NatsSession } from "./nats-link.ts";
import { publishUntil } from "./publish-until.ts";

const mebibyte = 1024 * 1024;
const maxTaskBytes = 512 * mebibyte;
const maxRecordBytes = 2_048 * mebibyte;
/** A job that nobody touches for this long is forgotten. */
const maxAgeMs = 30 * 24 * 3_600_000;
/** How long a repeated id is recognised once its task is done. */
const duplicateWindowMs = 3_600_000;
/** A task that ended as many workers is at fault itself, and is handed out no more. */
const maxDeliveries = 5;
const maxUnansweredTasks = 10_000;
const defaultAckWaitMs = 30_000;
const publishTimeoutMs = 30_000;
const sessionPatienceMs = 60_000;
/** How long a worker waits for a task before it looks whether any is left. */
const pullExpiryMs = 1_000;
const lostPauseMs = 250;
/** How long a task that was handed back waits, so that another worker gets it rather than the one that failed. */
const returnPauseMs = 1_000;
const consumerName = "workers";

export interface NatsWorkQueueOptions {
  readonly servers: readonly string[];
  /** The job's name: letters, digits, "-" and "_". */
  readonly job: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  readonly replicas?: number;
  /** How long the server waits for a sign of life of a task's worker before it hands the task to another. */
  readonly ackWaitMs?: number;
  readonly onNotice?: NoticeListener;
}

/** A work queue over NATS JetStream: a stream of tasks that each go to one worker, and one of what came of them. */
export function createNatsWorkQueue(options: NatsWorkQueueOptions): WorkQueue {
  const { job, replicas = 1, ackWaitMs = defaultAckWaitMs, onNotice = () => undefined } = options;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(job))
    throw invalidField("job", `is "${job}", but must be 1 to 64 letters, digits, "-" or "_"`);
  const streams = { tasks: `WORK_${job}_TASKS`, records: `WORK_${job}_RECORDS` };
  const subjects = { task: `ipr.work.${job}.task`, record: `ipr.work.${job}.record` };
  const link = createNatsLink({
    servers: options.servers,
    name: options.name,
    streams: [],
    replicas,
    notify: onNotice,
  });

  let ensured: NatsSession | undefined;
  let jobAckWaitMs = ackWaitMs;
  const session = async (): Promise<NatsSession> => {
    const current = await link.session(sessionPatienceMs);
    if (current !== ensured) {
      const wanted = { streams, subjects, replicas, ackWaitMs };
      jobAckWaitMs = await ensureJob(current, wanted).catch((error: unknown) => {
        throw eventsUnavailable(`cannot keep the job "${job}"`, error);
      });
      ensured = current;
    }
    return current;
  };

  const publish = async (publication: {
    readonly streamName: string;
    readonly subject: string;
    readonly id?: string;
    readonly data: Uint8Array;
  }): Promise<{ duplicate: boolean }> => {
    const { subject, data } = publication;
    if (data.length > maxEventBytes) throw eventTooLarge(subject, data.length, maxEventBytes);
    await session();
    return publishUntil(link, { ...publication, timeoutMs: publishTimeoutMs });
  };

  /** The next task, or undefined once none is left with anybody. */
  const take = async (): Promise<JsMsg | undefined> => {
    for (;;) {
      const current = await session();
      try {
        const consumer = await current.js.consumers.get(streams.tasks, consumerName);
        const message = await consumer.next({ expires: pullExpiryMs });
        if (message) return message;
        if (await isDrained(consumer)) return undefined;
      } catch (error) {
        if (!current.lost.aborted) throw error;
        await delay(lostPauseMs);
      }
    }
  };

  return {
    enqueue: ({ id, data }) => publish({ streamName: streams.tasks, subject: subjects.task, id, data }),
    async work({ concurrency }, handler) {
      const failures: unknown[] = [];
      const worker = async (): Promise<void> => {
        while (failures.length === 0) {
          const message = await take();
          if (message === undefined) return;
          await handle(message, jobAckWaitMs, handler);
        }
      };
      const workers = Array.from({ length: concurrency }, () =>
        worker().catch((error: unknown) => void failures.push(error)),
      );
      await Promise.all(workers);
      if (failures.length > 0) throw failures[0];
    },
    async record(key, data) {
      await publish({ streamName: streams.records, subject: `${subjects.record}.${token(key)}`, data });
    },
    async recorded(key) {
      const { manager } = await session();
      const stored = await manager.streams.getMessage(streams.records, {
        last_by_subj: `${subjects.record}.${token(key)}`,
      });
      return stored?.data;
    },
    async *records() {
      const { js } = await session();
      const consumer = await js.consumers.get(streams.records);
      if ((await consumer.info()).num_pending === 0) return;
      for await (const message of await consumer.consume()) {
        yield message.data;
        if (message.info.pending === 0) return;
      }
    },
    [Symbol.asyncDispose]: () => link.close(),
  };
}

async function isDrained(consumer: Consumer): Promise<boolean> {
  const { num_pending, num_ack_pending } = await consumer.info();
  return num_pending === 0 && num_ack_pending === 0;
}

/** Does one task, with a sign of life now and then while it takes its time. */
async function handle(
  message: JsMsg,
  ackWaitMs: number,
  handler: (task: WorkTask) => Promise<void>,
): Promise<void> {
  const alive = setInterval(() => say(() => message.working()), ackWaitMs / 3);
  try {
    await handler({ id: message.headers?.get("Nats-Msg-Id") ?? "", data: message.data });
    say(() => message.ack());
  } catch (error) {
    say(() => message.nak(returnPauseMs));
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/** Tells the server, if the connection is still there: without an answer the task goes to the next worker. */
function say(what: () => void): void {
  try {
    what();
  } catch {
    // What was recorded of the task stays, so that nothing of it is done twice.
  }
}

interface Job {
  readonly streams: { readonly tasks: string; readonly records: string };
  readonly subjects: { readonly task: string; readonly record: string };
  readonly replicas: number;
  readonly ackWaitMs: number;
}

/** Creates what the job lacks (every worker does so at once, and equal creations agree); returns the job's ack wait. */
async function ensureJob(
  session: NatsSession,
  { streams, subjects, replicas, ackWaitMs }: Job,
): Promise<number> {
  const { manager } = session;
  const common = {
    storage: StorageType.File,
    // A full stream refuses what is new: a task that is dropped unseen would be a label that nobody misses.
    discard: DiscardPolicy.New,
    max_age: nanos(maxAgeMs),
    num_replicas: replicas,
  };
  await manager.streams.add({
    ...common,
    name: streams.tasks,
    subjects: [subjects.task],
    retention: RetentionPolicy.Workqueue,
    max_bytes: maxTaskBytes,
    duplicate_window: nanos(duplicateWindowMs),
  });
  await manager.streams.add({
    ...common,
    name: streams.records,
    subjects: [`${subjects.record}.>`],
    retention: RetentionPolicy.Limits,
    max_bytes: maxRecordBytes,
    max_msgs_per_subject: 1,
  });
  return ensureConsumer(session, streams.tasks, {
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: maxDeliveries,
    max_ack_pending: maxUnansweredTasks,
  });
}

/** Any key as one token of a subject. */
function token(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
