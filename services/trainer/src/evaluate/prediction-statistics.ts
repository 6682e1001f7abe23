import {
  aucOf,
  aucWithinSources,
  bestSetF1,
  calibrationError,
  cell,
  type Curve,
  meanAbsoluteError,
  meanOf,
  meanOfDefined,
  rSquared,
  sharedAcross,
  topOneAccuracy,
  type Matrix,
} from "@ipr/evaluation";
import type { Means, Sample } from "./sample.ts";

/** How good the estimates are, candidate by candidate and together. */
export function predictionStatistics(sample: Sample, means: Means, singles: Curve) {
  const { estimates, scores, sources } = sample;
  const perCandidate = [...means.quality.keys()].map((candidate) => ({
    quality: (weights: Float64Array) => singles(weights).quality[candidate]!,
    costUsd: (weights: Float64Array) => singles(weights).costUsd[candidate]!,
    estimate: meanOf(column(estimates, candidate)),
    auc: sharedAcross(aucOf(estimates, scores, candidate)),
    withinSourceAuc: sharedAcross(aucWithinSources(estimates, scores, candidate, sources)),
    ece: calibrationError(estimates, scores, candidate),
    mae: meanOf(absoluteErrors(sample, candidate)),
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

function column(matrix: Matrix, index: number): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, row) => cell(matrix, row, index));
}

function absoluteErrors({ estimates, scores }: Sample, candidate: number): Float64Array {
  return Float64Array.from({ length: scores.rows }, (_, row) =>
    Math.abs(cell(estimates, row, candidate) - cell(scores, row, candidate)),
  );
}
