import {
  aucOf,
  aucWithinSources,
  bestSetF1,
  calibrationError,
  cell,
  createMatrix,
  type Curve,
  meanAbsoluteError,
  meanOfDefined,
  rSquared,
  sharedAcross,
  topOneAccuracy,
  type Statistic,
  weightedMeans,
} from "@ipr/evaluation";
import type { Means, Sample } from "./sample.ts";

/** How good the estimates are, candidate by candidate and together. */
export function predictionStatistics(sample: Sample, means: Means, singles: Curve) {
  const { estimates, scores, sources } = sample;
  const errors = createMatrix(scores.rows, scores.columns, (row, column) =>
    Math.abs(cell(estimates, row, column) - cell(scores, row, column)),
  );
  const estimateMeans = sharedAcross((weights) => weightedMeans(estimates, weights));
  const errorMeans = sharedAcross((weights) => weightedMeans(errors, weights));
  const perCandidate = [...means.quality.keys()].map((candidate) => ({
    quality: (weights: Float64Array) => singles(weights).quality[candidate]!,
    costUsd: (weights: Float64Array) => singles(weights).costUsd[candidate]!,
    estimate: (weights: Float64Array) => estimateMeans(weights)[candidate]!,
    auc: sharedAcross(aucOf(estimates, scores, candidate)),
    withinSourceAuc: sharedAcross(aucWithinSources(estimates, scores, candidate, sources)),
    ece: shared(calibrationError(estimates, scores, candidate)),
    mae: (weights: Float64Array) => errorMeans(weights)[candidate]!,
  }));
  const prediction = {
    r2: rSquared(estimates, scores, means.quality),
    auc: meanOfDefined(perCandidate.map(({ auc }) => auc)),
    ece: meanOfDefined(perCandidate.map(({ ece }) => ece)),
    mae: meanAbsoluteError(estimates, scores),
    withinSourceAuc: meanOfDefined(perCandidate.map(({ withinSourceAuc }) => withinSourceAuc)),
    topOne: topOneAccuracy(estimates, scores),
    bestSetF1: bestSetF1(estimates, scores),
  };
  return { prediction, perCandidate };
}

/** Keeps what else is said of the statistic. */
function shared(statistic: Statistic): Statistic {
  return Object.assign(sharedAcross(statistic), statistic);
}
