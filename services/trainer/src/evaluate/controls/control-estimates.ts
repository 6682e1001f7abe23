import {
  addSums,
  applyRidge,
  cell,
  columnMeans,
  createMatrix,
  type Matrix,
  ridgeError,
  type RidgeSums,
  ridgeSums,
  seededRandom,
  shuffledIndexes,
  solveRidge,
  subtractSums,
  withTargets,
} from "@ipr/evaluation";
import { randomFeatures } from "./control-features.ts";

export interface ControlRows {
  readonly features: Matrix;
  readonly groupOf: Uint8Array;
}

export interface ControlTraining extends ControlRows {
  /** Without gaps. */
  readonly scores: Matrix;
}

/** Estimates of the measured rows, each by a ridge regression trained in its own way. */
export interface ControlEstimates {
  readonly ridge: Matrix;
  readonly withoutGroup: Matrix;
  readonly constantWithoutGroup: Matrix;
  /** Labels shuffled again and again: what is left of one shuffle is chance. */
  readonly shuffledLabels: readonly Matrix[];
  readonly randomFeatures: Matrix;
}

/** With more measured pairs of prompt and candidate, chance does less and a repetition costs more. */
const maxShuffledPairs = 1e6;
const [minShuffles, maxShuffles] = [2, 5];

/** Penalties that are tried, as shares of the training rows; features have about unit variance. */
const penaltyShares = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

/**
 * Every control from two Gram matrices: that of the features, kept by group and half, and that of random ones. The
 * penalty of each control is the one that does best from one half of its training rows to the other.
 */
export function controlEstimates(
  training: ControlTraining,
  measured: ControlRows,
  groups: number,
  seed: number,
): ControlEstimates {
  const { features, scores, groupOf } = training;
  const halves = halvesOf(features.rows, seed);
  const cells = Array.from({ length: groups }, (_, group) =>
    halves.map((half) =>
      ridgeSums(
        features,
        scores,
        half.filter((row) => groupOf[row] === group),
      ),
    ),
  );
  const [none, ...others] = cells;
  const byHalf = halves.map((_, half) => addSums(none![half]!, ...others.map((own) => own[half]!)));
  const total = addSums(byHalf[0]!, byHalf[1]!);
  const penalty = bestPenalty(byHalf);

  const withoutGroup = createMatrix(measured.features.rows, scores.columns, () => Number.NaN);
  const constantWithoutGroup = createMatrix(measured.features.rows, scores.columns, () => Number.NaN);
  for (const [group, own] of cells.entries()) {
    const rows = rowsOf(measured.groupOf, group);
    const rest = subtractSums(total, addSums(own[0]!, own[1]!));
    const estimates = rest.rows === 0 ? undefined : solveRidge(rest, penalty);
    copyRows(withoutGroup, rows, estimates && applyRidge(estimates, pickRows(measured.features, rows)));
    // The constant's cross products are sums of scores.
    const means = rest.cross.slice(-scores.columns).map((sum) => sum / rest.rows);
    copyRows(
      constantWithoutGroup,
      rows,
      createMatrix(rows.length, means.length, (_, column) => means[column]!),
    );
  }
  return {
    ridge: clipped(applyRidge(solveRidge(total, penalty), measured.features)),
    withoutGroup: clipped(withoutGroup),
    constantWithoutGroup,
    shuffledLabels: shuffledScores(scores, measured.features.rows * scores.columns, seed).map((shuffled) =>
      clipped(fromScores({ features, scores: shuffled }, measured.features, { halves, byHalf })),
    ),
    randomFeatures: clipped(fromRandomFeatures(scores, measured.features, { halves, seed })),
  };
}

interface Halved {
  readonly halves: readonly Uint32Array[];
  readonly seed: number;
}

/** Each time the labels of a prompt go together to another one. */
function shuffledScores(scores: Matrix, measuredPairs: number, seed: number): readonly Matrix[] {
  const random = seededRandom(seed + 1);
  const affordable = Math.floor(maxShuffledPairs / measuredPairs);
  const shuffles = Math.max(minShuffles, Math.min(maxShuffles, affordable));
  return Array.from({ length: shuffles }, () => pickRows(scores, shuffledIndexes(scores.rows, random)));
}

function fromScores(
  { features, scores }: Pick<ControlTraining, "features" | "scores">,
  measured: Matrix,
  { halves, byHalf }: Pick<Halved, "halves"> & { readonly byHalf: readonly RidgeSums[] },
): Matrix {
  const sums = byHalf.map((own, half) => withTargets(own, features, scores, halves[half]!));
  return applyRidge(fitted(sums), measured);
}

function fromRandomFeatures(scores: Matrix, measured: Matrix, { halves, seed }: Halved): Matrix {
  const random = seededRandom(seed + 2);
  const features = randomFeatures(scores.rows, measured.columns, random);
  const sums = halves.map((half) => ridgeSums(features, scores, half));
  return applyRidge(fitted(sums), randomFeatures(measured.rows, measured.columns, random));
}

function fitted(byHalf: readonly RidgeSums[]): Matrix {
  return solveRidge(addSums(byHalf[0]!, byHalf[1]!), bestPenalty(byHalf));
}

function bestPenalty([first, second]: readonly RidgeSums[]): number {
  const rows = first!.rows + second!.rows;
  const penalties = penaltyShares.map((share) => share * rows);
  const errors = penalties.map(
    (penalty) =>
      ridgeError(solveRidge(first!, penalty), second!) + ridgeError(solveRidge(second!, penalty), first!),
  );
  return penalties[errors.indexOf(Math.min(...errors))]!;
}

function halvesOf(rows: number, seed: number): readonly Uint32Array[] {
  const order = shuffledIndexes(rows, seededRandom(seed));
  return [order.slice(0, rows >>> 1), order.slice(rows >>> 1)];
}

function rowsOf(groupOf: Uint8Array, group: number): Uint32Array {
  return Uint32Array.from([...groupOf.keys()].filter((row) => groupOf[row] === group));
}

function pickRows(matrix: Matrix, rows: Uint32Array): Matrix {
  return createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, rows[row]!, column));
}

function copyRows(to: Matrix, rows: Uint32Array, from: Matrix | undefined): void {
  if (from === undefined) return;
  for (const [index, row] of rows.entries()) {
    const values = from.values.subarray(index * from.columns, (index + 1) * from.columns);
    to.values.set(values, row * to.columns);
  }
}

/** Scores are shares; an estimate that nothing gives (no other group) is the mean of the others. */
function clipped(estimates: Matrix): Matrix {
  const means = columnMeans(estimates);
  return createMatrix(estimates.rows, estimates.columns, (row, column) => {
    const value = cell(estimates, row, column);
    return Math.max(0, Math.min(1, Number.isNaN(value) ? means[column]! : value));
  });
}
