import type { Matrix } from "@ipr/evaluation";

/** Tables beside the result are many figures: at more pairs of prompt and candidate their intervals come from fewer resamples. */
const maxResampledPairs = 2e7;
const minResamples = 100;

/** How many of the wanted resamples the intervals of a table beside the result are taken from. */
export function affordableResamples({ rows, columns }: Matrix, wanted: number): number {
  return Math.min(wanted, Math.max(minResamples, Math.floor(maxResampledPairs / (rows * columns))));
}
