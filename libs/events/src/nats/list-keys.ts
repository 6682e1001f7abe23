import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsSession } from "./nats-link.ts";

const fetchTimeoutMs = 5_000;
/** After a crash the server removes the consumer by itself. */
const inactiveThresholdMs = 5_000;
const operationHeader = "KV-Operation";

/**
 * The keys of a bucket that have a value. The client's own listing leaves its consumer to the server, which counts it
 * until it times out: called often enough, that uses up the stream's consumers and no watch can start. This one cleans up.
 */
export async function listKeys({ manager, js }: NatsSession, bucket: string): Promise<string[]> {
  const stream = `KV_${bucket}`;
  const prefix = `$KV.${bucket}.`;
  const { name, num_pending: count } = await manager.consumers.add(stream, {
    filter_subject: `${prefix}>`,
    deliver_policy: DeliverPolicy.LastPerSubject,
    ack_policy: AckPolicy.None,
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(inactiveThresholdMs),
  });
  try {
    const keys: string[] = [];
    if (count === 0) return keys;
    const consumer = await js.consumers.get(stream, name);
    for await (const message of await consumer.fetch({ max_messages: count, expires: fetchTimeoutMs })) {
      // Deleted keys leave a marker behind.
      if (!message.headers?.has(operationHeader)) keys.push(message.subject.slice(prefix.length));
      if (message.info.pending === 0) break;
    }
    return keys;
  } finally {
    await manager.consumers.delete(stream, name);
  }
}
