import type { Matrix } from "./matrix.ts";
import { factorPositive, solveFactored } from "./positive.ts";

/**
 * All that a ridge regression needs to know of its rows. Sums of rows add and subtract: leaving a group of rows out of
 * training is one subtraction instead of a training run.
 */
export interface RidgeSums {
  readonly rows: number;
  readonly features: number;
  readonly targets: number;
  /** features x features, of which the lower triangle is kept. */
  readonly gram: Float64Array;
  /** features x targets. */
  readonly cross: Float64Array;
}

/** Four rows are added at once: the sums are then read and written a quarter as often. */
const rowsAtOnce = 4;

/** Sums over some rows (all, when none are named). The last feature is to be the constant 1. */
export function ridgeSums(features: Matrix, targets: Matrix, rows?: ArrayLike<number>): RidgeSums {
  if (features.rows !== targets.rows)
    throw new RangeError(`${features.rows} rows of features, but ${targets.rows} of targets`);
  const chosen = rows ?? Uint32Array.from({ length: features.rows }, (_, row) => row);
  return {
    rows: chosen.length,
    features: features.columns,
    targets: targets.columns,
    gram: gramOf(features, chosen),
    cross: crossOf(features, targets, chosen),
  };
}

/** The same rows with other targets: the larger half of the work is kept. */
export function withTargets(
  sums: RidgeSums,
  features: Matrix,
  targets: Matrix,
  rows: ArrayLike<number>,
): RidgeSums {
  return { ...sums, targets: targets.columns, cross: crossOf(features, targets, rows) };
}

export function addSums(sums: RidgeSums, ...others: readonly RidgeSums[]): RidgeSums {
  return others.reduce((a, b) => combine(a, b, 1), sums);
}

export function subtractSums(sums: RidgeSums, other: RidgeSums): RidgeSums {
  return combine(sums, other, -1);
}

function combine(a: RidgeSums, b: RidgeSums, sign: 1 | -1): RidgeSums {
  if (a.features !== b.features || a.targets !== b.targets)
    throw new RangeError("sums of different features or targets do not go together");
  return {
    ...a,
    rows: a.rows + sign * b.rows,
    gram: a.gram.map((value, index) => value + sign * b.gram[index]!),
    cross: a.cross.map((value, index) => value + sign * b.cross[index]!),
  };
}

/**
 * The weights (features x targets) of least squared error plus `penalty` times their squares. The constant feature is
 * not penalised.
 */
export function solveRidge(sums: RidgeSums, penalty: number): Matrix {
  const { features, targets } = sums;
  const weights = Float64Array.from(sums.cross);
  solveFactored(factor(sums, penalty), weights, { size: features, width: targets });
  return { rows: features, columns: targets, values: weights };
}

/**
 * Squared error of the weights on the rows of other sums, without the part that no weights change (the squared targets):
 * fit for comparing weights.
 */
export function ridgeError(weights: Matrix, { gram, cross, features, targets }: RidgeSums): number {
  let error = 0;
  for (let target = 0; target < targets; target++) {
    for (let row = 0; row < features; row++) {
      let product = gram[row * features + row]! * weights.values[row * targets + target]!;
      for (let column = 0; column < row; column++)
        product += 2 * gram[row * features + column]! * weights.values[column * targets + target]!;
      error += weights.values[row * targets + target]! * (product - 2 * cross[row * targets + target]!);
    }
  }
  return error;
}

/** What the weights say of each row. */
export function applyRidge(weights: Matrix, features: Matrix): Matrix {
  const targets = weights.columns;
  const values = new Float64Array(features.rows * targets);
  for (let row = 0; row < features.rows; row++) {
    for (let feature = 0; feature < features.columns; feature++) {
      const value = features.values[row * features.columns + feature]!;
      if (value === 0) continue;
      for (let target = 0; target < targets; target++)
        values[row * targets + target]! += value * weights.values[feature * targets + target]!;
    }
  }
  return { rows: features.rows, columns: targets, values };
}

function gramOf({ columns, values }: Matrix, rows: ArrayLike<number>): Float64Array {
  const gram = new Float64Array(columns * columns);
  const missing = new Float64Array(columns);
  const vector = (index: number) =>
    index < rows.length ? values.subarray(rows[index]! * columns, (rows[index]! + 1) * columns) : missing;
  for (let index = 0; index < rows.length; index += rowsAtOnce) {
    const [a, b, c, d] = [vector(index), vector(index + 1), vector(index + 2), vector(index + 3)];
    for (let row = 0; row < columns; row++) {
      const [ra, rb, rc, rd] = [a[row]!, b[row]!, c[row]!, d[row]!];
      const from = row * columns;
      for (let column = 0; column <= row; column++)
        gram[from + column]! += ra * a[column]! + rb * b[column]! + rc * c[column]! + rd * d[column]!;
    }
  }
  return gram;
}

function crossOf(features: Matrix, targets: Matrix, rows: ArrayLike<number>): Float64Array {
  const cross = new Float64Array(features.columns * targets.columns);
  for (let index = 0; index < rows.length; index++) {
    const fromFeature = rows[index]! * features.columns;
    const fromTarget = rows[index]! * targets.columns;
    for (let feature = 0; feature < features.columns; feature++) {
      const value = features.values[fromFeature + feature]!;
      const to = feature * targets.columns;
      for (let target = 0; target < targets.columns; target++)
        cross[to + target]! += value * targets.values[fromTarget + target]!;
    }
  }
  return cross;
}

function factor({ gram, features }: RidgeSums, penalty: number): Float64Array {
  const penalised = Float64Array.from(gram);
  for (let feature = 0; feature < features - 1; feature++)
    penalised[feature * features + feature]! += penalty;
  return factorPositive(penalised, features, (value, row) => {
    if (value > 0) return Math.sqrt(value);
    throw new RangeError(`feature ${row} depends on the others: give a larger penalty or more rows`);
  });
}
