import { createMatrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { answerCosts, assumedOutputTokens, expectedCosts, meanOutputTokens } from "./costs.ts";
import type { RowEstimates } from "./predict-rows.ts";
import type { Prices } from "./read-prices.ts";
import type { Sample } from "./sample.ts";

/** Puts labels, prices and estimates of prompts together. */
export function toSample(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  estimates: RowEstimates,
  { prices, fallbackTokens }: { readonly prices: Prices; readonly fallbackTokens: readonly number[] },
): Sample {
  const poolPrices = candidates.map((name) => prices.get(name)!);
  return {
    sources: prompts.map(({ source }) => (source === "" ? undefined : source)),
    scores: createMatrix(
      prompts.length,
      candidates.length,
      (row, column) => prompts[row]!.scores[candidates[column]!] ?? Number.NaN,
    ),
    costsUsd: answerCosts(prompts, candidates, poolPrices, fallbackTokens),
    estimates: estimates.quality,
    expectedCostsUsd: expectedCosts(prompts, estimates.outputTokens, poolPrices, fallbackTokens),
  };
}

/** What to take for an answer of unknown length: the candidate's mean, or an assumed number that the notes name. */
export function fallbackLengths(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
): { readonly fallbackTokens: readonly number[]; readonly notes: readonly string[] } {
  const means = candidates.map((name) => meanOutputTokens(prompts, name));
  const unknown = candidates.filter((_, index) => means[index] === undefined);
  return {
    fallbackTokens: means.map((mean) => mean ?? assumedOutputTokens),
    notes:
      unknown.length === 0
        ? []
        : [
            `no answer lengths in the data: ${assumedOutputTokens} output tokens assumed for ${unknown.join(", ")}`,
          ],
  };
}
