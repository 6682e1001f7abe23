import { columnMeans, constantRows, createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";

/** USD per million tokens. */
export interface Price {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
}

/** English text has about four characters a token; a constant ratio moves all candidates alike. */
export const charactersPerToken = 4;
/** Stands in where no answer of a candidate has a length: it then weighs input and output prices only. */
export const assumedOutputTokens = 200;

/** What an answer to each prompt cost, by its stored length or else by `fallbackTokens` of the candidate. */
export function answerCosts(
  prompts: readonly Pick<LabelledPrompt, "characters" | "outputTokens">[],
  candidates: readonly string[],
  prices: readonly Price[],
  fallbackTokens: ArrayLike<number>,
): Matrix {
  return createMatrix(prompts.length, candidates.length, (row, column) => {
    const { characters, outputTokens } = prompts[row]!;
    const answerTokens = outputTokens[candidates[column]!] ?? fallbackTokens[column]!;
    return costUsd(characters / charactersPerToken, answerTokens, prices[column]!);
  });
}

/** What an answer was expected to cost: by the estimator's answer length where it has one. */
export function expectedCosts(
  prompts: readonly Pick<LabelledPrompt, "characters" | "outputTokens">[],
  predictedTokens: Matrix,
  prices: readonly Price[],
  fallbackTokens: ArrayLike<number>,
): Matrix {
  return createMatrix(prompts.length, prices.length, (row, column) => {
    const predicted = predictedTokens.values[row * predictedTokens.columns + column]!;
    const answerTokens = Number.isNaN(predicted) ? fallbackTokens[column]! : predicted;
    return costUsd(prompts[row]!.characters / charactersPerToken, answerTokens, prices[column]!);
  });
}

/** What a candidate costs on average, for every prompt alike: what a rule believes that predicts no answer lengths. */
export function meanCosts(rows: number, costsUsd: Matrix): Matrix {
  return constantRows(rows, columnMeans(costsUsd));
}

/** Mean answer length of a candidate over the prompts that have it; undefined where none has. */
export function meanOutputTokens(
  prompts: readonly Pick<LabelledPrompt, "outputTokens">[],
  candidate: string,
): number | undefined {
  const lengths = prompts.flatMap(({ outputTokens }) => outputTokens[candidate] ?? []);
  return lengths.length === 0 ? undefined : lengths.reduce((sum, tokens) => sum + tokens, 0) / lengths.length;
}

function costUsd(inputTokens: number, outputTokens: number, price: Price): number {
  return (inputTokens * price.inputUsdPerMtok + outputTokens * price.outputUsdPerMtok) / 1_000_000;
}
