import { hash } from "node:crypto";
import {
  type CallContext,
  multiplexed,
  register,
  type Registration,
  type UnexpectedErrorSink,
} from "@ipr/grpc";
import { type EmbedRequest, EmbeddingService } from "@ipr/proto";
import { LruCache } from "../domain/lru-cache.ts";
import type { EncodeText } from "../encode-or-stand-in.ts";
import type { EmbeddingEvents } from "../events.ts";

/** Texts longer than this are encoded but not remembered: they repeat rarely, and digesting them costs more. */
const maxCachedCharacters = 64 * 1024;

/** What is served, for GetEncoder. */
export interface ServedEncoder {
  readonly id: string;
  readonly dimension: number;
  readonly maxTokens: number;
  readonly computesOn: string;
  /** Id of the stand-in; empty when there is none. */
  readonly standIn: string;
}

export interface Dependencies {
  readonly served: ServedEncoder;
  readonly encode: EncodeText;
  /** How many vectors to remember; 1,000 vectors of 256 numbers take about 1 MB. */
  readonly cacheEntries: number;
  readonly events: Pick<EmbeddingEvents, "textEmbedded">;
  readonly onUnexpected: UnexpectedErrorSink;
}

interface Embedding {
  readonly encoder: string;
  readonly values: number[];
  readonly cached: boolean;
}

/**
 * EmbeddingService over one encoder and its stand-in. A vector is remembered by its encoder and the digest of its text; what
 * the stand-in made is never given for the encoder's.
 */
export function embeddingService(dependencies: Dependencies): Registration {
  const { served, encode, cacheEntries, events, onUnexpected } = dependencies;
  const cache = new LruCache<number[]>(cacheEntries);

  const embed = async ({ text }: EmbedRequest, { signal }: CallContext): Promise<Embedding> => {
    const digest = text.length <= maxCachedCharacters ? hash("sha256", text, "base64") : undefined;
    const known = digest === undefined ? undefined : cache.get(cacheKey(served.id, digest));
    events.textEmbedded({ cached: known !== undefined });
    if (known !== undefined) return { encoder: served.id, values: known, cached: true };
    const { encoder, vector } = await encode(text, signal);
    const values = Array.from(vector);
    if (digest !== undefined) cache.set(cacheKey(encoder, digest), values);
    return { encoder, values, cached: false };
  };

  return register(EmbeddingService, {
    embed,
    embedStream: multiplexed(EmbeddingService.method.embed, embed, onUnexpected),
    getEncoder: async () => ({
      encoder: served.id,
      dimension: served.dimension,
      maxTokens: served.maxTokens,
      standIn: served.standIn,
      computesOn: served.computesOn,
    }),
  });
}

function cacheKey(encoder: string, digest: string): string {
  return `${encoder} ${digest}`;
}
