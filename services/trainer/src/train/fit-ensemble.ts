import { cell, createMatrix, type Matrix } from "@ipr/evaluation";
import type { Weights } from "@ipr/onnx";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import type { OutOfFold, TokenScale } from "./assemble.ts";
import { type FeatureTable, sharedFloats } from "./feature-table.ts";
import type { FoldJob, FoldResult, Hyperparameters } from "./fit-fold.ts";
import { foldOf, logTokenMatrix, scoreMatrix } from "./rows.ts";
import { runFolds } from "./run-folds.ts";

export interface EnsembleOptions {
  readonly seed: number;
  readonly folds: number;
  readonly hyperparameters: Hyperparameters;
}

export interface Ensemble {
  readonly weights: readonly Weights[];
  readonly epochs: readonly number[];
  readonly outOfFold: OutOfFold;
  readonly tokenScales: readonly TokenScale[];
}

/** Trains one network per fold on the other folds' rows, and predicts each row by the network that has not seen it. */
export async function fitEnsemble(
  rows: readonly LabelledPrompt[],
  candidates: readonly string[],
  features: FeatureTable,
  { seed, folds, hyperparameters }: EnsembleOptions,
  onProgress: OnProgress,
): Promise<Ensemble> {
  const scores = scoreMatrix(rows, candidates);
  const logTokens = logTokenMatrix(rows, candidates);
  const tokenScales = candidates.map((_, column) => tokenScale(logTokens, column));
  const standardised = createMatrix(rows.length, candidates.length, (row, column) => {
    const { mean, deviation } = tokenScales[column]!;
    return (cell(logTokens, row, column) - mean) / deviation;
  });
  const shared = { scores: sharedCopy(scores), tokens: sharedCopy(standardised) };
  const foldOfRow = rows.map(({ text }) => foldOf(text, { seed, folds }));
  const rowsWhere = (isIn: (fold: number) => boolean): Uint32Array =>
    Uint32Array.from(foldOfRow.keys().filter((row) => isIn(foldOfRow[row]!)));
  const jobs = Array.from({ length: folds }, (_, fold): FoldJob => {
    return {
      fold,
      seed,
      hyperparameters,
      candidates: candidates.length,
      features,
      ...shared,
      trainRows: rowsWhere((other) => other !== fold),
      heldOutRows: rowsWhere((other) => other === fold),
    };
  });

  const epochs = Array.from({ length: folds }, () => 0);
  const total = folds * hyperparameters.maxEpochs;
  const report = (): void => {
    const done = epochs.reduce((sum, epoch) => sum + epoch, 0);
    onProgress({ stage: "train", done, total });
  };
  const results = await runFolds(jobs, (fold, epoch) => {
    epochs[fold] = epoch;
    report();
  });
  // Folds stop early; the stage ends whole all the same.
  onProgress({ stage: "train", done: total, total });
  return {
    weights: results.map(({ weights }) => weights),
    epochs: results.map((result) => result.epochs),
    outOfFold: { scores, logTokens, ...gather(jobs, results, { rows: rows.length, tokenScales }) },
    tokenScales,
  };
}

/** Puts the folds' predictions back into the order of the rows. */
function gather(
  jobs: readonly FoldJob[],
  results: readonly FoldResult[],
  { rows, tokenScales }: { readonly rows: number; readonly tokenScales: readonly TokenScale[] },
): Pick<OutOfFold, "logits" | "predictedLogTokens"> {
  const columns = tokenScales.length;
  const logits = createMatrix(rows, columns, () => Number.NaN);
  const predictedLogTokens = createMatrix(rows, columns, () => Number.NaN);
  for (const [fold, { heldOutRows }] of jobs.entries()) {
    const result = results[fold]!;
    for (const [i, row] of heldOutRows.entries()) {
      for (let column = 0; column < columns; column++) {
        const { mean, deviation } = tokenScales[column]!;
        logits.values[row * columns + column] = result.logits[i * columns + column]!;
        predictedLogTokens.values[row * columns + column] =
          mean + deviation * result.tokens[i * columns + column]!;
      }
    }
  }
  return { logits, predictedLogTokens };
}

function tokenScale(logTokens: Matrix, column: number): TokenScale {
  let [count, sum, squares] = [0, 0, 0];
  for (let row = 0; row < logTokens.rows; row++) {
    const value = cell(logTokens, row, column);
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    squares += value * value;
  }
  const mean = count === 0 ? 0 : sum / count;
  const variance = count === 0 ? 0 : Math.max(0, squares / count - mean * mean);
  return { mean, deviation: Math.sqrt(variance) || 1, count };
}

function sharedCopy({ values }: Matrix): Float32Array {
  const copy = sharedFloats(values.length);
  copy.set(values);
  return copy;
}
