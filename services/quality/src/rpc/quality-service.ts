import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { IprError, invalidField, status } from "@ipr/errors";
import type { Bundle, QualityPredictor } from "@ipr/estimator";
import { multiplexed, register, type Registration, type UnexpectedErrorSink } from "@ipr/grpc";
import { type PredictRequest, QualityService } from "@ipr/proto";
import { type LiveCalibration, recalibrate } from "../domain/recalibrate.ts";
import type { QualityEvents } from "../events.ts";

export interface Dependencies {
  readonly bundle: Bundle;
  readonly predictor: QualityPredictor;
  /** The calibration that is live at this moment. */
  readonly calibration: () => LiveCalibration;
  readonly events: QualityEvents;
  readonly onUnexpected: UnexpectedErrorSink;
}

/** QualityService over one bundle and the calibration that is live when a call comes. */
export function qualityService(dependencies: Dependencies): Registration {
  const { bundle, predictor, calibration, events, onUnexpected } = dependencies;
  const { id, encoder, createdAt } = bundle.manifest;
  const { toleranceTable: table } = bundle;

  const predict = async ({ text, encoder: actual, embedding, candidates }: PredictRequest) => {
    if (actual !== encoder.id) throw wrongEncoder(encoder.id, actual);
    if (embedding.length !== encoder.dimension) {
      throw invalidField("embedding", `has ${embedding.length} numbers, must have ${encoder.dimension}`);
    }
    const live = calibration();
    const request = { text, embedding: Float32Array.from(embedding) };
    const estimates = predictor.predict(candidates.length === 0 ? request : { ...request, candidates });
    events.promptEstimated();
    return {
      bundle: id,
      calibration: live.revision,
      estimates: estimates.map((estimate) => recalibrate(estimate, live)),
    };
  };

  return register(QualityService, {
    predict,
    predictStream: multiplexed(QualityService.method.predict, predict, onUnexpected),
    getBundle: async () => ({
      bundle: id,
      encoder: encoder.id,
      candidates: [...predictor.candidates],
      calibration: calibration().revision,
      createdAt: timestampFromDate(new Date(createdAt)),
      ...(table && {
        toleranceTable: {
          ...table,
          pool: [...table.pool],
          points: [...table.points],
          rows: BigInt(table.rows),
        },
      }),
    }),
  });
}

function wrongEncoder(expected: string, actual: string): IprError {
  const message = `the embedding is from ${actual}, but the bundle was trained with ${expected}`;
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, {
    metadata: { expected, actual },
  });
}
