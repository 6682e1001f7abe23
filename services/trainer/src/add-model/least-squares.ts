import {
  type Design,
  linearValue,
  type LinearFit,
  type Pull,
  type Regression,
  solvePositive,
} from "./design.ts";

/** Ridge regression of numbers; a miss counts in units of the labels' own variance. */
export const leastSquares: Regression = {
  fit: fitLeastSquares,
  loss: (value, label) => (value - label) ** 2 / 2,
};

/** Labels that are all alike have no variance to count in. */
const smallestVariance = 1e-6;

function fitLeastSquares(design: Design, labels: Float64Array, pull: Pull): LinearFit {
  const { rows, columns, values } = design;
  const mean = labels.reduce((sum, label) => sum + label, 0) / rows;
  const variance = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0) / rows;
  const each = 1 / Math.max(variance, smallestVariance);
  const start = { intercept: mean, coefficients: pull.towards };
  const size = columns + 1;
  const slope = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  for (let j = 0; j < columns; j++) curvature[(1 + j) * size + 1 + j] = pull.strength[j]!;
  for (let row = 0; row < rows; row++) {
    const miss = each * (labels[row]! - linearValue(design, row, start));
    const from = row * columns;
    slope[0]! += miss;
    curvature[0]! += each;
    for (let j = 0; j < columns; j++) {
      const value = values[from + j]!;
      const at = (1 + j) * size;
      slope[1 + j]! += miss * value;
      curvature[at]! += each * value;
      for (let k = 0; k <= j; k++) curvature[at + 1 + k]! += each * value * values[from + k]!;
    }
  }
  const step = solvePositive(curvature, slope, size);
  return {
    intercept: mean + step[0]!,
    coefficients: pull.towards.map((value, j) => value + step[1 + j]!),
  };
}
