import { loadEncoder } from "@ipr/estimator";
import type { Registration } from "@ipr/grpc";
import { type Logger, logUnexpected } from "@ipr/service";
import { createEvents } from "./events.ts";
import { embeddingService } from "./rpc/embedding-service.ts";

export interface EmbeddingDependencies {
  /** Directory of the encoder (`encoder.json` and its files). */
  readonly encoderDir: string;
  readonly cacheEntries: number;
  readonly maxInFlight: number;
  readonly logger: Logger;
}

/** A text to encode once before the first caller: the first calls run several times slower until they are compiled. */
const warmUpText = "The quick brown fox jumps over the lazy dog. ".repeat(20);
const warmUpRuns = 50;

/** Loads and warms the encoder, and serves it. */
export async function createEmbedding(
  dependencies: EmbeddingDependencies,
): Promise<{ registrations: Registration[] }> {
  const { encoderDir, cacheEntries, maxInFlight, logger } = dependencies;
  const events = createEvents(logger);
  const encoder = await loadEncoder(encoderDir);
  for (let run = 0; run < warmUpRuns; run++) await encoder.encode(`${run} ${warmUpText}`);
  events.encoderLoaded(encoder);
  return {
    registrations: [
      embeddingService({ encoder, cacheEntries, maxInFlight, events, onUnexpected: logUnexpected(logger) }),
    ],
  };
}
