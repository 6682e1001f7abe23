import { logit, surfaceCount, type TrunkModel, trunkRows } from "@ipr/estimator";
import {
  addSums,
  applyRidge,
  cell,
  createMatrix,
  type Matrix,
  ridgeError,
  type RidgeSums,
  ridgeSums,
  solveRidge,
  subtractSums,
} from "@ipr/evaluation";
import type { OnProgress } from "../progress.ts";
import { minTokenLabels } from "./assemble-network.ts";
import type { FeatureTable } from "./feature-table.ts";
import type { FitInput, FittedEstimator } from "./fitted-estimator.ts";
import { knownMean, logTokensOf, scoresOf } from "./rows.ts";
import type { TrainingSet } from "./training-set.ts";

/** Penalties tried; the one with the least error out of fold is taken. */
const penalties = [1, 10, 100, 1_000] as const;

/** One column of targets, the rows that have it, and its linear map in each fold. */
interface Fit {
  readonly values: Float32Array;
  readonly maps: readonly Matrix[];
}

/**
 * Ridge regression on the embedding and the surface numbers (not the n-grams: a closed form of thousands of features
 * would take longer than the networks). A score is fitted by least squares and read as log-odds along the tangent at
 * the candidate's mean, which the bundle's calibration then stretches.
 */
export async function fitRidge(input: FitInput, onProgress: OnProgress): Promise<FittedEstimator> {
  const { set, candidates, features, surface, options } = input;
  const x = denseFeatures(features);
  const folds = foldRows(set, options.folds);
  const columns = candidates.flatMap((name) => {
    const { scores, outputTokens } = set.labels.get(name)!;
    return [scores, outputTokens.map((tokens) => Math.log1p(tokens))];
  });
  const fits = fitColumns(columns, x, folds, onProgress);
  const means = candidates.map((_, candidate) => knownMean(columns[2 * candidate]!));
  const rows = Uint32Array.from({ length: set.rows }, (_, row) => row);
  const predicted = fits.map((fit) => outOfFold(fit, x, folds));
  const predictedOf = (offset: 0 | 1, valueOf: (value: number, candidate: number) => number): Matrix =>
    createMatrix(set.rows, candidates.length, (row, candidate) =>
      valueOf(predicted[2 * candidate + offset]![row]!, candidate),
    );
  return {
    trunk: trunkOf(fits, { surface, dimension: features.dimension }),
    topics: undefined,
    adapters: candidates.map((_, candidate) => adapterOf(candidate, fits, means[candidate]!)),
    topicMeans: candidates.map(() => undefined),
    outOfFold: {
      rows,
      scores: scoresOf(set, candidates, rows),
      logTokens: logTokensOf(set, candidates, rows),
      logits: predictedOf(0, (value, candidate) => tangent(means[candidate]!).at(value)),
      topicQuality: predictedOf(0, (value) => value),
      predictedLogTokens: predictedOf(1, (value) => value),
    },
    epochs: [],
    topicTrials: [],
  };
}

/** The embedding, the surface numbers and a constant. */
function denseFeatures({ rows, dimension, embeddings, surfaces }: FeatureTable): Matrix {
  return createMatrix(rows, dimension + surfaceCount + 1, (row, column) => {
    if (column < dimension) return embeddings[row * dimension + column]!;
    return column < dimension + surfaceCount ? surfaces[row * surfaceCount + column - dimension]! : 1;
  });
}

function foldRows({ foldHashes }: TrainingSet, folds: number): Uint32Array[] {
  const all = [...foldHashes.keys()];
  return Array.from({ length: folds }, (_, fold) =>
    Uint32Array.from(all.filter((row) => foldHashes[row]! % folds === fold)),
  );
}

/** Columns that the same rows have share one Gram matrix. */
function fitColumns(
  columns: readonly Float32Array[],
  x: Matrix,
  folds: readonly Uint32Array[],
  onProgress: OnProgress,
): Fit[] {
  const patternOf = (values: Float32Array): string =>
    Buffer.from(Uint8Array.from(values, (value) => Number(Number.isNaN(value)))).toString("latin1");
  const groups = [...Map.groupBy(columns.keys(), (column) => patternOf(columns[column]!)).values()];
  const fits: Fit[] = [];
  for (const [done, members] of groups.entries()) {
    const values = members.map((column) => columns[column]!);
    const targets = createMatrix(x.rows, members.length, (row, column) => values[column]![row]!);
    const known = folds.map((rows) => rows.filter((row) => !Number.isNaN(values[0]![row]!)));
    const isKnown = known.some((rows) => rows.length > 0);
    const maps = isKnown
      ? mapsOf(known.map((rows) => ridgeSums(x, targets, rows)))
      : folds.map(() => createMatrix(x.columns, members.length, () => 0));
    for (const [index, column] of members.entries()) {
      fits[column] = { values: values[index]!, maps: maps.map((map) => columnOf(map, index)) };
    }
    onProgress({ stage: "train", done: done + 1, total: groups.length });
  }
  return fits;
}

/** Each fold's map, trained on the other folds' rows, under the penalty with the least error on the fold itself. */
function mapsOf(sums: readonly RidgeSums[]): Matrix[] {
  const total = addSums(sums[0]!, ...sums.slice(1));
  const others = sums.map((own) => subtractSums(total, own));
  const trials = penalties.map((penalty) => others.map((other) => solveRidge(other, penalty)));
  const errorOf = (maps: readonly Matrix[]): number =>
    maps.reduce((error, map, fold) => error + ridgeError(map, sums[fold]!), 0);
  return trials.reduce((best, trial) => (errorOf(trial) < errorOf(best) ? trial : best));
}

function columnOf(map: Matrix, column: number): Matrix {
  return createMatrix(map.rows, 1, (row) => cell(map, row, column));
}

/** Each row's value by the map that has not seen it. */
function outOfFold({ maps }: Fit, x: Matrix, folds: readonly Uint32Array[]): Float64Array {
  const predicted = new Float64Array(x.rows);
  for (const [fold, rows] of folds.entries()) {
    const part = createMatrix(rows.length, x.columns, (row, column) => cell(x, rows[row]!, column));
    const { values } = applyRidge(maps[fold]!, part);
    for (const [i, row] of rows.entries()) predicted[row] = values[i]!;
  }
  return predicted;
}

/** A linear "hidden" layer with one unit for each map: what the adapters pick from. */
function trunkOf(
  fits: readonly Fit[],
  { surface, dimension }: Pick<TrunkModel, "surface" | "dimension">,
): TrunkModel {
  const folds = fits[0]!.maps.length;
  const width = folds * fits.length;
  const weights = new Float32Array(trunkRows(dimension) * width);
  for (const [unit, { maps }] of fits.entries()) {
    for (const [fold, map] of maps.entries()) {
      const constant = map.rows - 1;
      const at = fold * fits.length + unit;
      weights[at] = Math.f16round(cell(map, constant, 0));
      for (let row = 0; row < constant; row++)
        weights[(1 + row) * width + at] = Math.f16round(cell(map, row, 0));
    }
  }
  return { kind: "layer", activation: "none", folds, hidden: fits.length, dimension, surface, weights };
}

function adapterOf(candidate: number, fits: readonly Fit[], mean: number) {
  const folds = fits[0]!.maps.length;
  const pick = (unit: number, slope: number, constant: number): Float32Array => {
    const one = new Float32Array(fits.length + 1);
    one[unit] = Math.f16round(slope);
    one[fits.length] = Math.f16round(constant);
    return Float32Array.from({ length: folds * one.length }, (_, i) => one[i % one.length]!);
  };
  const { slope, constant } = tangent(mean);
  const lengths = fits[2 * candidate + 1]!.values.filter((value) => !Number.isNaN(value)).length;
  return {
    kind: "linear" as const,
    folds,
    quality: pick(2 * candidate, slope, constant),
    tokens: lengths >= minTokenLabels ? pick(2 * candidate + 1, 1, 0) : undefined,
  };
}

/** Log-odds as a linear function of a score, about the mean: the tangent of the logit. */
function tangent(mean: number) {
  const centre = Math.min(0.95, Math.max(0.05, mean));
  const slope = 1 / (centre * (1 - centre));
  const constant = logit(centre) - slope * centre;
  return { slope, constant, at: (score: number) => slope * score + constant };
}
