import { hash } from "node:crypto";
import { IprError, status } from "@ipr/errors";
import type { Encoder } from "@ipr/estimator";
import { multiplexed, register, type Registration, type UnexpectedErrorSink } from "@ipr/grpc";
import { type EmbedRequest, EmbeddingService } from "@ipr/proto";
import { LruCache } from "../domain/lru-cache.ts";
import type { EmbeddingEvents } from "../events.ts";

/** Texts longer than this are encoded but not remembered: they repeat rarely, and digesting them costs more. */
const maxCachedCharacters = 64 * 1024;

export interface Dependencies {
  readonly encoder: Encoder;
  /** How many vectors to remember; 1,000 vectors of 256 numbers take about 1 MB. */
  readonly cacheEntries: number;
  /** How many texts may be encoding at once; one more is refused. */
  readonly maxInFlight: number;
  readonly events: EmbeddingEvents;
  readonly onUnexpected: UnexpectedErrorSink;
}

interface Embedding {
  readonly encoder: string;
  readonly values: number[];
  readonly cached: boolean;
}

/** EmbeddingService over one encoder. A vector is cached by the digest of its text; the encoder never changes here. */
export function embeddingService(dependencies: Dependencies): Registration {
  const { encoder, cacheEntries, maxInFlight, events, onUnexpected } = dependencies;
  const cache = new LruCache<number[]>(cacheEntries);
  let inFlight = 0;

  const embed = async ({ text }: EmbedRequest): Promise<Embedding> => {
    const key = text.length <= maxCachedCharacters ? hash("sha256", text, "base64") : undefined;
    const known = key === undefined ? undefined : cache.get(key);
    if (known !== undefined) {
      events.textEmbedded({ cached: true });
      return { encoder: encoder.id, values: known, cached: true };
    }
    if (inFlight >= maxInFlight) {
      events.textShed();
      throw overloaded(maxInFlight);
    }
    inFlight += 1;
    try {
      const values = Array.from(await encoder.encode(text));
      if (key !== undefined) cache.set(key, values);
      events.textEmbedded({ cached: false });
      return { encoder: encoder.id, values, cached: false };
    } finally {
      inFlight -= 1;
    }
  };

  return register(EmbeddingService, {
    embed,
    embedStream: multiplexed(EmbeddingService.method.embed, embed, onUnexpected),
    getEncoder: async () => ({
      encoder: encoder.id,
      dimension: encoder.dimension,
      maxTokens: encoder.maxTokens,
    }),
  });
}

function overloaded(limit: number): IprError {
  return new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", `${limit} texts are being encoded already`, {
    metadata: { queue: "encode", limit: String(limit) },
    retryAfterMs: 100,
  });
}
