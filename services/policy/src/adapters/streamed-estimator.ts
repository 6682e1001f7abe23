import { create } from "@bufbuild/protobuf";
import { methodPath, multiplex } from "@ipr/grpc";
import {
  EmbedRequestSchema,
  type EmbedRequest,
  type EmbedResponse,
  EmbeddingService,
  PredictRequestSchema,
  type PredictRequest,
  type PredictResponse,
  QualityService,
} from "@ipr/proto";
import type { Estimator } from "../rpc/estimator.ts";
import type { Neighbours } from "./direct-estimator.ts";
import { fromEmbedResponse, fromPredictResponse } from "./wire.ts";

/** Many calls over one stream to each neighbour: for neighbours in other processes, at a third of a unary hop's cost. */
export function streamedEstimator({ embedding, quality }: Neighbours): Estimator & { close(): void } {
  const embeds = multiplex<EmbedRequest, EmbedResponse>(
    "embedding",
    methodPath(EmbeddingService.method.embed),
    embedding.embedStream as never,
  );
  const predictions = multiplex<PredictRequest, PredictResponse>(
    "quality",
    methodPath(QualityService.method.predict),
    quality.predictStream as never,
  );
  return {
    embed: async (text, call) =>
      fromEmbedResponse(await embeds.call(create(EmbedRequestSchema, { text }), call)),
    predict: async ({ text, embedding: { encoder, values }, candidates }, call) => {
      const request = create(PredictRequestSchema, {
        text,
        encoder,
        embedding: [...values],
        candidates: [...candidates],
      });
      return fromPredictResponse(await predictions.call(request, call));
    },
    close() {
      embeds.close();
      predictions.close();
    },
  };
}
