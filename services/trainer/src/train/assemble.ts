import { type Adapter, type CandidateModel, identityPlatt, logit, type OutputTokens } from "@ipr/estimator";
import { cell, type Matrix } from "@ipr/evaluation";
import { calibrate, type Pair, residualOf, residualOfMean } from "./calibrate.ts";

/** Mean and standard deviation by which a candidate's log output tokens were standardised; `count` answers have one. */
export interface TokenScale {
  readonly mean: number;
  readonly deviation: number;
  readonly count: number;
}

/** Labels and out-of-fold predictions of the development rows, or many of them, by row and candidate. */
export interface OutOfFold {
  /** Which rows of the training set these are. */
  readonly rows: Uint32Array;
  readonly scores: Matrix;
  readonly logTokens: Matrix;
  /** Predicted log-odds of quality. */
  readonly logits: Matrix;
  /** Mean quality over the topics that a prompt may have. */
  readonly topicQuality: Matrix;
  /** Predicted log(1 + output tokens). */
  readonly predictedLogTokens: Matrix;
}

/** A candidate with an adapter: its calibration and interval come from out-of-fold estimates. */
export function describeAdapted(
  name: string,
  column: number,
  { adapter, topicMeans }: Pick<CandidateModel, "topicMeans"> & { readonly adapter: Adapter },
  data: OutOfFold,
): CandidateModel {
  const { scores, logits } = data;
  const pairs: Pair[] = [];
  for (let row = 0; row < scores.rows; row++) {
    const score = cell(scores, row, column);
    if (!Number.isNaN(score)) pairs.push({ logit: cell(logits, row, column), score });
  }
  const calibration = calibrate(pairs);
  return {
    name,
    labels: pairs.length,
    fitted: "jointly",
    meanLogit: meanLogit(pairs.map(({ score }) => score)),
    adapter,
    topicMeans,
    calibration,
    residual: residualOf(pairs, calibration),
    outputTokens: outputTokensOf(column, data),
  };
}

/** A candidate with too few labels for an adapter. `spread` is how far prompts typically lie from a mean, in log-odds. */
export function describeByMean(
  name: string,
  scores: readonly number[],
  outputTokens: readonly number[],
  spread: number,
): CandidateModel {
  const mean = meanLogit(scores);
  const meanTokens = outputTokens.reduce((sum, tokens) => sum + tokens, 0) / outputTokens.length;
  return {
    name,
    labels: scores.length,
    fitted: "jointly",
    meanLogit: mean,
    adapter: undefined,
    topicMeans: undefined,
    calibration: identityPlatt,
    residual: residualOfMean(scores.length, mean, spread),
    outputTokens:
      outputTokens.length === 0 ? undefined : { labels: outputTokens.length, mean: meanTokens, scale: 1 },
  };
}

/** Standard deviation of a matrix's columns, pooled: how far prompts lie from their candidate's mean. */
export function typicalSpread(logits: Matrix): number {
  let squares = 0;
  for (let column = 0; column < logits.columns; column++) {
    let mean = 0;
    for (let row = 0; row < logits.rows; row++) mean += cell(logits, row, column) / logits.rows;
    for (let row = 0; row < logits.rows; row++) squares += (cell(logits, row, column) - mean) ** 2;
  }
  return Math.sqrt(squares / Math.max(1, logits.rows * logits.columns));
}

export function outputTokensOf(
  column: number,
  { logTokens, predictedLogTokens }: OutOfFold,
): OutputTokens | undefined {
  let [labels, observed, predicted] = [0, 0, 0];
  for (let row = 0; row < logTokens.rows; row++) {
    const value = cell(logTokens, row, column);
    if (Number.isNaN(value)) continue;
    labels++;
    observed += Math.expm1(value);
    predicted += Math.max(0, Math.expm1(cell(predictedLogTokens, row, column)));
  }
  if (labels === 0) return undefined;
  return { labels, mean: observed / labels, scale: predicted > 0 && observed > 0 ? observed / predicted : 1 };
}

/** Log-odds of the mean score; half a good and half a bad answer more keep it finite. */
function meanLogit(scores: readonly number[]): number {
  const mean = (scores.reduce((sum, score) => sum + score, 0) + 0.5) / (scores.length + 1);
  return logit(mean);
}
