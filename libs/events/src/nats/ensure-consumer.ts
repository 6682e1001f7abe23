import { type ConsumerConfig, JetStreamApiError } from "@nats-io/jetstream";
import { millis } from "@nats-io/transport-node";
import type { NatsSession } from "./nats-link.ts";

/** "Consumer name already in use" and "consumer already exists". */
const consumerExistsCodes: ReadonlySet<number> = new Set([10_013, 10_148]);

/** Creates the consumer if it is missing and returns its ack wait. One made by another version keeps its settings. */
export async function ensureConsumer(
  { manager }: NatsSession,
  streamName: string,
  wanted: Partial<ConsumerConfig> & { readonly durable_name: string; readonly ack_wait: number },
): Promise<number> {
  try {
    await manager.consumers.add(streamName, wanted);
    return millis(wanted.ack_wait);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || !consumerExistsCodes.has(error.code)) throw error;
    const { config } = await manager.consumers.info(streamName, wanted.durable_name);
    return millis(config.ack_wait ?? wanted.ack_wait);
  }
}
