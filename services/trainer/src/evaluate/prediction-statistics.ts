import {
  aucOf,
  aucWithinSources,
  bestSetF1,
  calibrationError,
  candidatePoints,
  cell,
  createMatrix,
  knownMeans,
  meanAbsoluteError,
  meanOfDefined,
  rSquared,
  sharedAcross,
  topOneAccuracy,
  type Statistic,
} from "@ipr/evaluation";
import type { Sample } from "./sample.ts";

/**
 * How good the estimates are, candidate by candidate and together, on every label there is. `labelMeans` are the
 * candidates' means on the prompts that settings are chosen on.
 */
export function predictionStatistics(sample: Sample, labelMeans: ArrayLike<number>) {
  const { estimates, scores, sources } = sample;
  const errors = createMatrix(scores.rows, scores.columns, (row, column) =>
    Math.abs(cell(estimates, row, column) - cell(scores, row, column)),
  );
  const singles = candidatePoints(sample);
  const [estimateMeans, errorMeans] = [knownMeans(estimates), knownMeans(errors)];
  const perCandidate = Array.from({ length: scores.columns }, (_, candidate) => ({
    quality: (weights: Float64Array) => singles(weights).quality[candidate]!,
    costUsd: (weights: Float64Array) => singles(weights).costUsd[candidate]!,
    estimate: (weights: Float64Array) => estimateMeans(weights)[candidate]!,
    auc: sharedAcross(aucOf(estimates, scores, candidate)),
    withinSourceAuc: sharedAcross(aucWithinSources(estimates, scores, candidate, sources)),
    ece: shared(calibrationError(estimates, scores, candidate)),
    mae: (weights: Float64Array) => errorMeans(weights)[candidate]!,
  }));
  const prediction = {
    r2: rSquared(estimates, scores, labelMeans),
    auc: meanOfDefined(perCandidate.map(({ auc }) => auc)),
    ece: meanOfDefined(perCandidate.map(({ ece }) => ece)),
    mae: meanAbsoluteError(estimates, scores),
    withinSourceAuc: meanOfDefined(perCandidate.map(({ withinSourceAuc }) => withinSourceAuc)),
  };
  return { prediction, perCandidate };
}

/** How well the best candidates are named, on prompts with a label of every candidate. */
export function bestSetStatistics({ estimates, scores }: Sample) {
  return { topOne: topOneAccuracy(estimates, scores), bestSetF1: bestSetF1(estimates, scores) };
}

/** Keeps what else is said of the statistic. */
function shared(statistic: Statistic): Statistic {
  return Object.assign(sharedAcross(statistic), statistic);
}
