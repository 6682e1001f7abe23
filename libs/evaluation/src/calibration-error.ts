import type { Statistic } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";
import { acrossBatch, batchSize } from "./resamples.ts";
import { sumOf, total } from "./sums.ts";

export const reliabilityBins = 10;

/** What was estimated and what was seen in one bin of a reliability diagram. */
export interface ReliabilityBin {
  readonly estimate: number;
  readonly score: number;
  readonly pairs: number;
}

/**
 * Expected calibration error of one candidate: the mean distance between estimate and score over 10 bins that hold
 * equally many prompts. The bins are those of the data itself, also in resamples.
 */
export function calibrationError(estimates: Matrix, scores: Matrix, candidate: number): Statistic {
  const binOf = binsOf(estimates, scores, [candidate]);
  // A row without a label is in the first bin, with no gap.
  const binOfRow = new Uint8Array(scores.rows);
  const gapOfRow = new Float64Array(scores.rows);
  const isLabelled = new Float64Array(scores.rows);
  for (let row = 0; row < scores.rows; row++) {
    const estimate = cell(estimates, row, candidate);
    const score = cell(scores, row, candidate);
    if (Number.isNaN(score)) continue;
    binOfRow[row] = binOf(estimate);
    gapOfRow[row] = score - estimate;
    isLabelled[row] = 1;
  }
  const mass = isLabelled.includes(0) ? sumOf(isLabelled) : total;
  const distances = acrossBatch(({ weights, counts }) => {
    const gaps = new Float64Array(batchSize * reliabilityBins);
    for (let row = 0; row < gapOfRow.length; row++) {
      const gap = gapOfRow[row]!;
      const to = batchSize * binOfRow[row]!;
      const from = batchSize * row;
      gaps[to]! += counts[from]! * gap;
      gaps[to + 1]! += counts[from + 1]! * gap;
      gaps[to + 2]! += counts[from + 2]! * gap;
      gaps[to + 3]! += counts[from + 3]! * gap;
    }
    return weights.map((_, lane) => {
      let sum = 0;
      for (let bin = 0; bin < reliabilityBins; bin++) sum += Math.abs(gaps[batchSize * bin + lane]!);
      return sum;
    });
  });
  return Object.assign((weights: Float64Array) => distances(weights) / mass(weights), { isInflated: true });
}

/** The points of a reliability diagram, pooled over candidates unless one is named. Empty bins are left out. */
export function reliability(
  estimates: Matrix,
  scores: Matrix,
  candidates = Array.from({ length: scores.columns }, (_, column) => column),
): readonly ReliabilityBin[] {
  const binOf = binsOf(estimates, scores, candidates);
  const sums = Array.from({ length: reliabilityBins }, () => ({ estimate: 0, score: 0, pairs: 0 }));
  forEachPair(estimates, scores, candidates, (estimate, score) => {
    const sum = sums[binOf(estimate)]!;
    sum.estimate += estimate;
    sum.score += score;
    sum.pairs += 1;
  });
  return sums
    .filter(({ pairs }) => pairs > 0)
    .map(({ estimate, score, pairs }) => ({ estimate: estimate / pairs, score: score / pairs, pairs }));
}

/** Equal-mass bins by estimate; equal estimates are in one bin, that of the first of them in order. */
function binsOf(
  estimates: Matrix,
  scores: Matrix,
  candidates: readonly number[],
): (estimate: number) => number {
  const values = new Float64Array(scores.rows * candidates.length);
  let pairs = 0;
  forEachPair(estimates, scores, candidates, (estimate) => {
    values[pairs] = estimate;
    pairs += 1;
  });
  const sorted = values.subarray(0, pairs).toSorted();
  // A bin's first estimate is larger than the last one before the bin begins.
  const lastBefore = Float64Array.from(
    { length: reliabilityBins - 1 },
    (_, bin) => sorted[Math.ceil(((bin + 1) * pairs) / reliabilityBins) - 1] ?? Number.POSITIVE_INFINITY,
  );
  return (estimate) => {
    let bin = 0;
    while (bin < lastBefore.length && estimate > lastBefore[bin]!) bin += 1;
    return bin;
  };
}

function forEachPair(
  estimates: Matrix,
  scores: Matrix,
  candidates: readonly number[],
  visit: (estimate: number, score: number) => void,
): void {
  for (const column of candidates) {
    for (let row = 0; row < scores.rows; row++) {
      const score = cell(scores, row, column);
      if (!Number.isNaN(score)) visit(cell(estimates, row, column), score);
    }
  }
}
