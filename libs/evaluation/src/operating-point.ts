import { type Statistic, weightedSum } from "./bootstrap.ts";
import type { Points, Truth } from "./curve.ts";
import { cell } from "./matrix.ts";

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

/** Quality and cost of the choices made, relative to sending every prompt to the reference. */
export function operatingPoint(
  choices: ArrayLike<number>,
  reference: number,
  { scores, costsUsd }: Truth,
): { readonly qualityRatio: Statistic; readonly saving: Statistic } {
  const rows = { length: scores.rows };
  const quality = Float64Array.from(rows, (_, row) => cell(scores, row, choices[row]!));
  const referenceQuality = Float64Array.from(rows, (_, row) => cell(scores, row, reference));
  const costUsd = Float64Array.from(rows, (_, row) => cell(costsUsd, row, choices[row]!));
  const referenceUsd = Float64Array.from(rows, (_, row) => cell(costsUsd, row, reference));
  return {
    qualityRatio: (weights) => weightedSum(quality, weights) / weightedSum(referenceQuality, weights),
    saving: (weights) => 1 - weightedSum(costUsd, weights) / weightedSum(referenceUsd, weights),
  };
}
