import { factorPositive, solveFactored } from "@ipr/evaluation";

/** Rows of numbers, one after the other. */
export interface Design {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** What pulls each coefficient, and how strongly: `strength / 2 * (coefficient - towards)^2`. */
export interface Pull {
  readonly strength: Float64Array;
  readonly towards: Float64Array;
}

export interface LinearFit {
  readonly intercept: number;
  readonly coefficients: Float64Array;
}

/** A way to fit labels by a linear function, and what a miss costs. */
export interface Regression {
  fit(design: Design, labels: Float64Array, pull: Pull): LinearFit;
  loss(value: number, label: number): number;
}

/** The value of a row under a fit. */
export function linearValue({ values, columns }: Design, row: number, fit: LinearFit): number {
  let value = fit.intercept;
  const from = row * columns;
  for (let j = 0; j < columns; j++) value += fit.coefficients[j]! * values[from + j]!;
  return value;
}

/** The design of some of the rows. */
export function pickRows({ columns, values }: Design, rows: readonly number[]): Design {
  const picked = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    picked.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return { rows: rows.length, columns, values: picked };
}

/** Solves `matrix * x = right` for a positive definite matrix of which the lower triangle is read. */
export function solvePositive(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  const solution = right.slice();
  const lower = factorPositive(matrix.slice(), size, (value) => Math.sqrt(Math.max(value, Number.EPSILON)));
  solveFactored(lower, solution, { size, width: 1 });
  return solution;
}
