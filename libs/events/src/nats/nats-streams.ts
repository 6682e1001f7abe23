import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Stream } from "../streams.ts";

const streamNameInUse = 10058;

/**
 * Creates the streams that are missing; every replica does so at once, and equal creations agree. Limits that an operator
 * has changed stay as they are.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  streams: readonly Stream[],
  replicas: number,
): Promise<void> {
  await Promise.all(streams.map((stream) => ensureStream(manager, stream, replicas)));
}

async function ensureStream(manager: JetStreamManager, stream: Stream, replicas: number): Promise<void> {
  const subject = `${stream.prefix}.>`;
  try {
    await manager.streams.add({
      name: stream.name,
      subjects: [subject],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(stream.maxAgeMs),
      max_bytes: stream.maxBytes,
      duplicate_window: nanos(stream.duplicateWindowMs),
      num_replicas: replicas,
    });
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
    const { config } = await manager.streams.info(stream.name);
    if (config.subjects.includes(subject)) return;
    await manager.streams.update(stream.name, { subjects: [...config.subjects, subject] });
  }
}
