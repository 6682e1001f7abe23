import { sharedAcross, type Statistic } from "./bootstrap.ts";
import type { Points, Truth } from "./curve.ts";
import { cell, type Matrix } from "./matrix.ts";
import { weightedSum } from "./sums.ts";

/**
 * The setting with the lowest cost among those whose mean quality is at least `target` times the reference's, or
 * undefined where none is: then only the reference itself meets the target.
 */
export function chooseSetting(
  settings: Float64Array,
  points: Points,
  {
    target,
    reference,
  }: { readonly target: number; readonly reference: { quality: number; costUsd: number } },
): number | undefined {
  let chosen: number | undefined;
  let chosenUsd = reference.costUsd;
  for (const [index, setting] of settings.entries()) {
    const isGoodEnough = points.quality[index]! >= target * reference.quality;
    if (!isGoodEnough || points.costUsd[index]! >= chosenUsd) continue;
    chosen = setting;
    chosenUsd = points.costUsd[index]!;
  }
  return chosen;
}

/** Reads choices against sending every prompt to the reference; the reference is summed once for all readings. */
export function readerOf(
  reference: number,
  { scores, costsUsd }: Truth,
): (choices: ArrayLike<number>) => { readonly qualityRatio: Statistic; readonly saving: Statistic } {
  const chosen = (matrix: Matrix, choice: (row: number) => number) =>
    Float64Array.from({ length: matrix.rows }, (_, row) => cell(matrix, row, choice(row)));
  const sumOf = (perRow: Float64Array) => sharedAcross((weights) => weightedSum(perRow, weights));
  const referenceQuality = sumOf(chosen(scores, () => reference));
  const referenceUsd = sumOf(chosen(costsUsd, () => reference));
  return (choices) => {
    const quality = chosen(scores, (row) => choices[row]!);
    const costUsd = chosen(costsUsd, (row) => choices[row]!);
    return {
      qualityRatio: (weights) => weightedSum(quality, weights) / referenceQuality(weights),
      saving: (weights) => 1 - weightedSum(costUsd, weights) / referenceUsd(weights),
    };
  };
}
