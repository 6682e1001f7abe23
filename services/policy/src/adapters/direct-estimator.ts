import type { Client } from "@ipr/grpc";
import type { EmbeddingService, QualityService } from "@ipr/proto";
import type { Estimator } from "../rpc/estimator.ts";
import { fromEmbedResponse, fromPredictResponse } from "./wire.ts";

export interface Neighbours {
  readonly embedding: Client<typeof EmbeddingService>;
  readonly quality: Client<typeof QualityService>;
}

/** One call after the other: for neighbours in the same process, where a stream saves nothing. */
export function directEstimator({ embedding, quality }: Neighbours): Estimator {
  return {
    embed: async (text, call) => fromEmbedResponse(await embedding.embed({ text }, call)),
    predict: async ({ text, embedding: { encoder, values }, candidates }, call) =>
      fromPredictResponse(
        await quality.predict({ text, encoder, embedding: [...values], candidates: [...candidates] }, call),
      ),
  };
}
