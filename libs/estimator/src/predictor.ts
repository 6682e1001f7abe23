import type { Bundle, CandidateModel } from "./bundle.ts";
import { extractFeatures } from "./features.ts";
import { applyPlatt, maxLogit, sigmoid } from "./platt.ts";
import { surfaceCount } from "./surface.ts";
import { createTrunk } from "./trunk.ts";

/** Half the width of a 90 % interval in standard deviations. */
const ninetyPercent = 1.645;

/** No answer is taken to be longer than this, whatever the head says. */
const maxOutputTokens = 1_000_000;

export interface PredictionRequest {
  /** The text that was encoded. */
  readonly text: string;
  readonly embedding: Float32Array;
  /** The candidates to estimate; all of the bundle when absent. Unknown ones are left out of the answer. */
  readonly candidates?: readonly string[];
}

export interface QualityEstimate {
  readonly candidate: string;
  /** Calibrated by the bundle, before any online calibration: sigmoid(logit). */
  readonly quality: number;
  /** The 90 % interval; see `createPredictor`. */
  readonly qualityLow: number;
  readonly qualityHigh: number;
  /** The estimate in log-odds, with the bundle's own calibration and before online calibration. */
  readonly logit: number;
  /** The mean answer length to expect; absent when the candidate's data have none. */
  readonly outputTokens?: number;
}

export interface QualityPredictor {
  /** The candidates it can estimate, in the order of the bundle. */
  readonly candidates: readonly string[];
  predict(request: PredictionRequest): QualityEstimate[];
}

/**
 * Predicts with a bundle's ensemble. Each fold's trunk and adapter give a logit; their mean, calibrated, is the estimate.
 *
 * The 90 % interval is for the expected quality of an answer to such a prompt, not for one answer, which is often 0 or 1.
 * In log-odds it is +-1.645 * sqrt(spread^2 + residual^2). `spread` is how far the folds disagree about this prompt;
 * `residual` is how far out-of-fold estimates of the candidate missed what was observed, bin by bin, sampling noise
 * included, so that few labels make it wide. A candidate with too few labels for an adapter has its mean, and a residual
 * as large as a typical prompt's distance from the mean.
 */
export function createPredictor(bundle: Pick<Bundle, "trunk" | "candidates">): QualityPredictor {
  const trunk = createTrunk(bundle.trunk);
  const byName = new Map(bundle.candidates.map((candidate) => [candidate.name, candidate]));

  return {
    candidates: [...byName.keys()],
    predict({ text, embedding, candidates }) {
      const { surface, ngrams } = extractFeatures(text);
      if (surface.length !== surfaceCount) throw new RangeError("surface numbers do not fit the trunk");
      const hidden = trunk(embedding, surface, ngrams);
      const wanted = candidates?.map((name) => byName.get(name)) ?? bundle.candidates;
      return wanted.flatMap((candidate) => (candidate === undefined ? [] : [estimate(candidate, hidden)]));
    },
  };
}

function estimate(candidate: CandidateModel, hidden: Float32Array): QualityEstimate {
  const { name, calibration, adapter } = candidate;
  let raw = candidate.meanLogit;
  let spread = 0;
  if (adapter !== undefined) ({ mean: raw, spread } = overFolds(adapter.quality, adapter.folds, hidden));
  const logit = clip(applyPlatt(raw, calibration));
  const half = ninetyPercent * Math.hypot(spread * calibration.slope, candidate.residual);
  return {
    candidate: name,
    quality: sigmoid(logit),
    qualityLow: sigmoid(logit - half),
    qualityHigh: sigmoid(logit + half),
    logit,
    ...outputTokensOf(candidate, hidden),
  };
}

function outputTokensOf(candidate: CandidateModel, hidden: Float32Array): { outputTokens?: number } {
  const { outputTokens, adapter } = candidate;
  if (outputTokens === undefined) return {};
  if (adapter?.tokens === undefined) return { outputTokens: outputTokens.mean };
  const logTokens = overFolds(adapter.tokens, adapter.folds, hidden).mean;
  return { outputTokens: Math.min(maxOutputTokens, Math.max(0, Math.expm1(logTokens)) * outputTokens.scale) };
}

/**
 * Each fold's head on its own part of the hidden layer: the mean of the folds, and the standard deviation of one more.
 * A head is `folds` rows of hidden weights and a bias.
 */
function overFolds(
  head: Float32Array,
  folds: number,
  hidden: Float32Array,
): { mean: number; spread: number } {
  const units = hidden.length / folds;
  let sum = 0;
  let squares = 0;
  for (let fold = 0; fold < folds; fold++) {
    const weights = fold * (units + 1);
    const activations = fold * units;
    let value = head[weights + units]!;
    for (let i = 0; i < units; i++) value += head[weights + i]! * hidden[activations + i]!;
    sum += value;
    squares += value * value;
  }
  const mean = sum / folds;
  if (folds === 1) return { mean, spread: 0 };
  const variance = Math.max(0, squares - folds * mean * mean) / (folds - 1);
  return { mean, spread: Math.sqrt(variance * (1 + 1 / folds)) };
}

function clip(value: number): number {
  return Math.max(-maxLogit, Math.min(maxLogit, value));
}
