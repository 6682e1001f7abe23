import { type Statistic, sumOf, total } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";

export const reliabilityBins = 10;

/** What was estimated and what was seen in one bin of a reliability diagram. */
export interface ReliabilityBin {
  readonly estimate: number;
  readonly score: number;
  readonly pairs: number;
}

interface Binned {
  readonly rows: Uint32Array;
  readonly bins: Uint8Array;
  readonly estimates: Float64Array;
  readonly scores: Float64Array;
}

/**
 * Expected calibration error of one candidate: the mean distance between estimate and score over 10 bins that hold
 * equally many prompts. The bins are those of the data itself, also in resamples.
 */
export function calibrationError(estimates: Matrix, scores: Matrix, candidate: number): Statistic {
  const binned = bin(estimates, scores, [candidate]);
  // Per row, in the order of the rows: the weights are then read in order too.
  const binOfRow = new Uint8Array(scores.rows);
  const gapOfRow = new Float64Array(scores.rows);
  const isLabelled = new Float64Array(scores.rows);
  for (const [index, row] of binned.rows.entries()) {
    binOfRow[row] = binned.bins[index]!;
    gapOfRow[row] = binned.scores[index]! - binned.estimates[index]!;
    isLabelled[row] = 1;
  }
  const mass = binned.rows.length === scores.rows ? total : sumOf(isLabelled);
  const error = (weights: Float64Array) => {
    const gaps = new Float64Array(reliabilityBins);
    for (let row = 0; row < gapOfRow.length; row++) {
      gaps[binOfRow[row]!]! += weights[row]! * gapOfRow[row]!;
    }
    let sum = 0;
    for (const gap of gaps) sum += Math.abs(gap);
    return sum / mass(weights);
  };
  return Object.assign(error, { isInflated: true });
}

/** The points of a reliability diagram, pooled over candidates unless one is named. Empty bins are left out. */
export function reliability(
  estimates: Matrix,
  scores: Matrix,
  candidates = Array.from({ length: scores.columns }, (_, column) => column),
): readonly ReliabilityBin[] {
  const binned = bin(estimates, scores, candidates);
  const sums = Array.from({ length: reliabilityBins }, () => ({ estimate: 0, score: 0, pairs: 0 }));
  for (const [index, binIndex] of binned.bins.entries()) {
    const sum = sums[binIndex]!;
    sum.estimate += binned.estimates[index]!;
    sum.score += binned.scores[index]!;
    sum.pairs += 1;
  }
  return sums
    .filter(({ pairs }) => pairs > 0)
    .map(({ estimate, score, pairs }) => ({ estimate: estimate / pairs, score: score / pairs, pairs }));
}

/** Equal-mass bins by estimate; equal estimates stay in one bin, so that the order of the rows does not matter. */
function bin(estimates: Matrix, scores: Matrix, candidates: readonly number[]): Binned {
  const pairs: { readonly row: number; readonly estimate: number; readonly score: number }[] = [];
  for (const column of candidates) {
    for (let row = 0; row < scores.rows; row++) {
      const score = cell(scores, row, column);
      if (!Number.isNaN(score)) pairs.push({ row, estimate: cell(estimates, row, column), score });
    }
  }
  const ordered = pairs.toSorted((a, b) => a.estimate - b.estimate);
  const bins = new Uint8Array(ordered.length);
  for (let index = 0; index < ordered.length; index++) {
    const isTied = index > 0 && ordered[index]!.estimate === ordered[index - 1]!.estimate;
    bins[index] = isTied ? bins[index - 1]! : Math.floor((index * reliabilityBins) / ordered.length);
  }
  return {
    rows: Uint32Array.from(ordered, ({ row }) => row),
    bins,
    estimates: Float64Array.from(ordered, ({ estimate }) => estimate),
    scores: Float64Array.from(ordered, ({ score }) => score),
  };
}
