import type { Estimate } from "../domain/candidate.ts";

export interface EstimatorCall {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Embedding {
  /** Which encoder made it. */
  readonly encoder: string;
  readonly values: readonly number[];
}

export interface PredictionRequest {
  readonly text: string;
  readonly embedding: Embedding;
  readonly candidates: readonly string[];
}

export interface Prediction {
  readonly bundle: string;
  readonly calibration: string;
  /** By candidate; one the bundle does not know is left out. */
  readonly estimates: ReadonlyMap<string, Estimate>;
}

/** The two neighbours a decision asks. Both may be slow, gone or wrong; a decision is made all the same. */
export interface Estimator {
  embed(text: string, call: EstimatorCall): Promise<Embedding>;
  predict(request: PredictionRequest, call: EstimatorCall): Promise<Prediction>;
}
