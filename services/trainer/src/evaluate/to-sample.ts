import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { answerCosts, assumedOutputTokens, expectedCosts, meanOutputTokens, type Price } from "./costs.ts";
import type { RowEstimates } from "./predict-rows.ts";
import type { Prices } from "./read-prices.ts";
import type { Sample } from "./sample.ts";

/** Puts labels, prices and estimates of prompts together. A candidate without a price has unknown costs. */
export function toSample(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  estimates: RowEstimates,
  { prices, fallbackTokens }: { readonly prices: Prices; readonly fallbackTokens: readonly number[] },
): Sample {
  const poolPrices = candidates.map((name) => prices.get(name) ?? unknownPrice);
  return {
    sources: prompts.map(({ source }) => (source === "" ? undefined : source)),
    scores: scoreMatrix(prompts, candidates),
    costsUsd: answerCosts(prompts, candidates, poolPrices, fallbackTokens),
    estimates: estimates.quality,
    expectedCostsUsd: expectedCosts(prompts, estimates.outputTokens, poolPrices, fallbackTokens),
  };
}

const unknownPrice: Price = { inputUsdPerMtok: Number.NaN, outputUsdPerMtok: Number.NaN };

export function scoreMatrix(prompts: readonly LabelledPrompt[], candidates: readonly string[]): Matrix {
  return createMatrix(
    prompts.length,
    candidates.length,
    (row, column) => prompts[row]!.scores[candidates[column]!] ?? Number.NaN,
  );
}

/**
 * What to take for an answer of unknown length: the candidate's mean, else what the registry expects, else an assumed
 * number. The notes name those without a mean.
 */
export function fallbackLengths(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  expected: ReadonlyMap<string, number>,
): { readonly fallbackTokens: readonly number[]; readonly notes: readonly string[] } {
  const means = candidates.map((name) => meanOutputTokens(prompts, name));
  const unmeasured = candidates.filter((_, index) => means[index] === undefined);
  const { stated = [], unknown = [] } = Object.groupBy(unmeasured, (name) =>
    expected.has(name) ? "stated" : "unknown",
  );
  const note = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`no answer lengths in the data: ${what} for ${names.join(", ")}`];
  return {
    fallbackTokens: means.map(
      (mean, index) => mean ?? expected.get(candidates[index]!) ?? assumedOutputTokens,
    ),
    notes: [
      ...note("expectedOutputTokens of the registry taken", stated),
      ...note(`${assumedOutputTokens} output tokens assumed`, unknown),
    ],
  };
}
