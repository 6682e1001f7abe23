import type { EmbedResponse, PredictResponse } from "@ipr/proto";
import type { Embedding, Prediction } from "../rpc/estimator.ts";

export function fromEmbedResponse({ encoder, values }: EmbedResponse): Embedding {
  return { encoder, values };
}

export function fromPredictResponse({ bundle, calibration, estimates }: PredictResponse): Prediction {
  return {
    bundle,
    calibration,
    estimates: new Map(estimates.map((estimate) => [estimate.candidate, estimate])),
  };
}
