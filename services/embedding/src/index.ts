import { type ExecutionProvider, type OpenedEncoder, openEncoder } from "@ipr/encoders";
import { IprError, status } from "@ipr/errors";
import type { Registration } from "@ipr/grpc";
import { type Environment, type Logger, logUnexpected } from "@ipr/service";
import { createEncodeText } from "./encode-or-stand-in.ts";
import { createEvents, type EmbeddingEvents } from "./events.ts";
import { embeddingService } from "./rpc/embedding-service.ts";

export interface EmbeddingDependencies {
  /** Directory of the encoder (`encoder.json` and its files), with `@sha256:<digest>` when it must be that one. */
  readonly encoderDir: string;
  /** What computes an ONNX encoder, and with how many threads; the defaults are those of `openEncoder`. */
  readonly provider?: ExecutionProvider;
  readonly workers?: number;
  readonly intraOpThreads?: number;
  readonly maxBatch?: number;
  readonly maxWaitMs?: number;
  readonly maxInFlight: number;
  /** Directory of a static encoder that answers when the other does not; empty when there is none. */
  readonly standInDir?: string;
  readonly standInAfterMs?: number;
  readonly cacheEntries: number;
  /** Where the API key of a remote encoder is looked up. */
  readonly environment?: Environment;
  readonly logger: Logger;
}

export interface Embedding {
  readonly registrations: readonly Registration[];
  /** The ids of the encoders whose vectors are answered, that of the stand-in last. */
  readonly encoders: readonly string[];
  /** False when the encoder will never encode again and nothing stands in for it. */
  isWorking(): boolean;
  close(): Promise<void>;
}

/** A text to encode before the first caller does: the first calls run several times slower until they are compiled. */
const warmUpText = "The quick brown fox jumps over the lazy dog. ".repeat(20);
/** How often a static encoder is warmed, and every worker of another one. */
const staticWarmUpRuns = 50;
const workerWarmUpRuns = 5;

/** How long the encoder may take before the stand-in answers: half of what a decision waits for estimates. */
export const defaultStandInAfterMs = 25;

/** Opens and warms the encoder and its stand-in, and serves them. */
export async function createEmbedding(dependencies: EmbeddingDependencies): Promise<Embedding> {
  const { standInAfterMs: afterMs = defaultStandInAfterMs, maxInFlight, cacheEntries, logger } = dependencies;
  const events = createEvents(logger);
  const standIn = dependencies.standInDir
    ? { encoder: await openStandIn(dependencies.standInDir), afterMs }
    : undefined;
  const encoder = await openEncoder(dependencies.encoderDir, openOptions(dependencies, events));
  try {
    if (standIn) await warmUp(standIn.encoder);
    await warmUpIfThere(encoder, events);
  } catch (error) {
    await encoder[Symbol.asyncDispose]();
    throw error;
  }
  events.encoderLoaded(encoder, standIn?.encoder);
  const encode = createEncodeText({
    encoder,
    standIn,
    maxInFlight,
    onShed: () => events.textShed(),
    onStandIn: (reason, error) => events.standInAnswered(reason, error),
  });
  const { id, dimension, maxTokens, computesOn } = encoder;
  const served = { id, dimension, maxTokens, computesOn, standIn: standIn?.encoder.id ?? "" };
  const onUnexpected = logUnexpected(logger);
  return {
    registrations: [embeddingService({ served, encode, cacheEntries, events, onUnexpected })],
    encoders: standIn ? [id, standIn.encoder.id] : [id],
    isWorking: () => standIn !== undefined || !encoder.isBroken(),
    async close() {
      await encoder[Symbol.asyncDispose]();
    },
  };
}

function openOptions(dependencies: EmbeddingDependencies, observer: EmbeddingEvents) {
  const { provider, workers, intraOpThreads, maxBatch, maxWaitMs, maxInFlight, environment } = dependencies;
  return {
    ...(provider !== undefined && { provider }),
    ...(workers !== undefined && { workers }),
    ...(intraOpThreads !== undefined && { intraOpThreads }),
    ...(maxBatch !== undefined && { maxBatch }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    ...(environment !== undefined && { environment }),
    maxPending: maxInFlight,
    observer,
  };
}

/** It must always be in time, so it is of the kind that takes a fraction of a millisecond and needs nobody. */
async function openStandIn(dir: string): Promise<OpenedEncoder> {
  const encoder = await openEncoder(dir);
  if (encoder.kind === "static") return encoder;
  await encoder[Symbol.asyncDispose]();
  const message = `stand-in encoder ${dir} is of kind ${encoder.kind}, but must be static: it answers when the other is late`;
  throw new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", message, { metadata: { setting: "standInDir" } });
}

/** Services start in any order: a remote encoder may come after this one. One with the wrong model is refused. */
async function warmUpIfThere(encoder: OpenedEncoder, events: EmbeddingEvents): Promise<void> {
  try {
    await warmUp(encoder);
  } catch (error) {
    const passing: readonly status[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED];
    const isPassing = error instanceof IprError && passing.includes(error.code);
    if (encoder.kind !== "remote" || !isPassing) throw error;
    events.encoderUnreachable(error);
  }
}

async function warmUp(encoder: OpenedEncoder): Promise<void> {
  const { kind, parallelism } = encoder;
  const runs = kind === "static" ? staticWarmUpRuns : workerWarmUpRuns;
  for (let run = 0; run < runs; run++) {
    const texts = Array.from({ length: parallelism }, (_, n) => `${run} ${n} ${warmUpText}`);
    await Promise.all(texts.map((text) => encoder.encode(text)));
  }
}
