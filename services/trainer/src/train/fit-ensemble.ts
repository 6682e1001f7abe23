import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { NetworkShape, Weights } from "@ipr/onnx";
import type { OnProgress } from "../progress.ts";
import type { OutOfFold, TokenScale } from "./assemble.ts";
import { type FeatureTable, sharedFloats } from "./feature-table.ts";
import type { FoldJob, FoldResult, Hyperparameters } from "./fit-fold.ts";
import { logTokensOf, scoresOf, spreadRows } from "./rows.ts";
import { type FoldStore, runFolds } from "./run-folds.ts";
import { oneTopic, type Topics, topicMeansOf, topicsOf } from "./topics.ts";
import type { TrainingSet } from "./training-set.ts";

export interface EnsembleOptions {
  readonly seed: number;
  readonly folds: number;
  readonly heads: NetworkShape["heads"];
  readonly hyperparameters: Hyperparameters;
  readonly store?: FoldStore | undefined;
}

export interface Ensemble {
  readonly weights: readonly Weights[];
  readonly epochs: readonly number[];
  readonly outOfFold: OutOfFold;
  readonly tokenScales: readonly TokenScale[];
  readonly topics: Topics;
  /** Each fold's mean quality by candidate and topic, on the rows it was trained on. */
  readonly topicMeans: readonly Float32Array[];
}

/** With more rows than this, out-of-fold estimates are made of some: their figures do not change any more. */
export const maxOutOfFoldRows = 50_000;

/** Trains one network per fold on the other folds' rows, and predicts rows by the network that has not seen them. */
export async function fitEnsemble(
  set: TrainingSet,
  candidates: readonly string[],
  features: FeatureTable,
  { seed, folds, heads, hyperparameters, store }: EnsembleOptions,
  onProgress: OnProgress,
): Promise<Ensemble> {
  const { tokenScales, scores, tokens } = sharedLabels(set, candidates);
  const topics = heads === "identity" ? oneTopic(set) : topicsOf(set, features, seed);
  const judgedRows = spreadRows(set.rows, maxOutOfFoldRows);
  const foldOfRow = set.foldHashes.map((hash) => hash % folds);
  const rowsWhere = (rows: Iterable<number>, isIn: (fold: number) => boolean): Uint32Array =>
    Uint32Array.from(rows).filter((row) => isIn(foldOfRow[row]!));
  const jobs = Array.from({ length: folds }, (_, fold): FoldJob => {
    return {
      fold,
      seed,
      heads,
      hyperparameters,
      candidates: candidates.length,
      features,
      scores,
      tokens,
      topics: topics.names.length,
      topicOfRow: topics.ofRow,
      trainRows: rowsWhere(foldOfRow.keys(), (other) => other !== fold),
      heldOutRows: rowsWhere(judgedRows, (other) => other === fold),
    };
  });

  const epochs = Array.from({ length: folds }, () => 0);
  const total = folds * hyperparameters.maxEpochs;
  const report = (): void => {
    const done = epochs.reduce((sum, epoch) => sum + epoch, 0);
    onProgress({ stage: "train", done, total });
  };
  const results = await runFolds(
    jobs,
    (fold, epoch) => {
      epochs[fold] = epoch;
      report();
    },
    store,
  );
  // Folds stop early; the stage ends whole all the same.
  onProgress({ stage: "train", done: total, total });
  const topicMeans = jobs.map(topicMeansOf);
  return {
    topics,
    topicMeans,
    weights: results.map(({ weights }) => weights),
    epochs: results.map((result) => result.epochs),
    outOfFold: {
      rows: judgedRows,
      scores: scoresOf(set, candidates, judgedRows),
      logTokens: logTokensOf(set, candidates, judgedRows),
      ...gather(jobs, results, { rows: judgedRows, tokenScales, topicMeans }),
    },
    tokenScales,
  };
}

/** Puts the folds' predictions back into the order of the rows. */
function gather(
  jobs: readonly FoldJob[],
  results: readonly FoldResult[],
  {
    rows,
    tokenScales,
    topicMeans,
  }: Pick<Ensemble, "tokenScales" | "topicMeans"> & { readonly rows: Uint32Array },
): Pick<OutOfFold, "logits" | "topicQuality" | "predictedLogTokens"> {
  const columns = tokenScales.length;
  const unknown = (): Matrix => createMatrix(rows.length, columns, () => Number.NaN);
  const [logits, topicQuality, predictedLogTokens] = [unknown(), unknown(), unknown()];
  const places = new Map(Array.from(rows, (row, place) => [row, place] as const));
  for (const [fold, { heldOutRows, topics }] of jobs.entries()) {
    const result = results[fold]!;
    for (const [i, row] of heldOutRows.entries()) {
      const to = places.get(row)! * columns;
      const shares = result.topicShares.subarray(i * topics, (i + 1) * topics);
      for (let column = 0; column < columns; column++) {
        const { mean, deviation } = tokenScales[column]!;
        const means = topicMeans[fold]!.subarray(column * topics, (column + 1) * topics);
        logits.values[to + column] = result.logits[i * columns + column]!;
        topicQuality.values[to + column] = shares.reduce(
          (sum, share, topic) => sum + share * means[topic]!,
          0,
        );
        predictedLogTokens.values[to + column] = mean + deviation * result.tokens[i * columns + column]!;
      }
    }
  }
  return { logits, topicQuality, predictedLogTokens };
}

/** Labels by row and candidate for the workers: scores, and standardised logarithms of output tokens. */
function sharedLabels(
  set: TrainingSet,
  candidates: readonly string[],
): {
  readonly scores: Float32Array;
  readonly tokens: Float32Array;
  readonly tokenScales: readonly TokenScale[];
} {
  const scores = sharedFloats(set.rows * candidates.length);
  const tokens = sharedFloats(set.rows * candidates.length);
  const tokenScales = candidates.map((name, column) => {
    const labels = set.labels.get(name)!;
    const scale = tokenScale(labels.outputTokens);
    for (let row = 0; row < set.rows; row++) {
      const at = row * candidates.length + column;
      scores[at] = labels.scores[row]!;
      tokens[at] = (Math.log1p(labels.outputTokens[row]!) - scale.mean) / scale.deviation;
    }
    return scale;
  });
  return { scores, tokens, tokenScales };
}

function tokenScale(outputTokens: Float32Array): TokenScale {
  let [count, sum, squares] = [0, 0, 0];
  for (const tokens of outputTokens) {
    if (Number.isNaN(tokens)) continue;
    const value = Math.log1p(tokens);
    count++;
    sum += value;
    squares += value * value;
  }
  const mean = count === 0 ? 0 : sum / count;
  const variance = count === 0 ? 0 : Math.max(0, squares / count - mean * mean);
  return { mean, deviation: Math.sqrt(variance) || 1, count };
}
