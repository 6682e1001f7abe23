import {
  type Adapter,
  type CandidateModel,
  identityPlatt,
  logit,
  type OutputTokens,
  type TrunkModel,
} from "@ipr/estimator";
import { cell, type Matrix } from "@ipr/evaluation";
import type { Weights } from "@ipr/onnx";
import { embeddingScale } from "./feature-table.ts";
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
  /** Predicted log(1 + output tokens). */
  readonly predictedLogTokens: Matrix;
}

/** With fewer measured lengths than this a candidate's answers are expected to have their mean length. */
export const minTokenLabels = 100;

/** The fold networks' first layers, side by side, at the precision they are stored with. */
export function assembleTrunk(
  folds: readonly Weights[],
  { dimension, hidden, surface }: Pick<TrunkModel, "dimension" | "hidden" | "surface">,
): TrunkModel {
  const rows = 1 + folds[0]!.trunk.length / hidden;
  const width = folds.length * hidden;
  const weights = new Float32Array(rows * width);
  for (const [fold, { trunk, trunkBias }] of folds.entries()) {
    weights.set(rounded(trunkBias), fold * hidden);
    for (let row = 1; row < rows; row++) {
      const scale = row <= dimension ? embeddingScale : 1;
      const from = trunk.subarray((row - 1) * hidden, row * hidden).map((weight) => scale * weight);
      weights.set(rounded(from), row * width + fold * hidden);
    }
  }
  return {
    kind: "layer",
    activation: "gelu",
    folds: folds.length,
    hidden,
    dimension,
    surface,
    weights,
  };
}

/** The heads of one candidate, the column `candidate` of every fold, at the precision they are stored with. */
export function assembleAdapter(
  folds: readonly Weights[],
  { candidate, candidates, tokens }: { candidate: number; candidates: number; tokens: TokenScale },
): Adapter {
  const hidden = folds[0]!.trunkBias.length;
  const column = (matrix: Float32Array, scale: number): Float32Array =>
    Float32Array.from({ length: hidden }, (_, unit) => scale * matrix[unit * candidates + candidate]!);
  const quality = folds.flatMap((fold) => [...column(fold.quality, 1), fold.qualityBias[candidate]!]);
  // The heads learnt standardised logarithms; stored, they give the logarithm itself.
  const logTokens = folds.flatMap((fold) => [
    ...column(fold.tokens, tokens.deviation),
    tokens.mean + tokens.deviation * fold.tokensBias[candidate]!,
  ]);
  return {
    kind: "linear",
    folds: folds.length,
    quality: rounded(quality),
    tokens: tokens.count >= minTokenLabels ? rounded(logTokens) : undefined,
  };
}

/** A candidate with an adapter: its calibration and interval come from out-of-fold estimates. */
export function describeAdapted(
  name: string,
  column: number,
  adapter: Adapter,
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
    topicMeans: undefined,
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

function outputTokensOf(
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

function rounded(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, Math.f16round);
}
