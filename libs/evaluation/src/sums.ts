import type { Statistic } from "./bootstrap.ts";
import type { Matrix } from "./matrix.ts";
import { acrossBatch, type Batch, batchSize } from "./resamples.ts";

/** Sum of the weights: nearly every statistic of a resample asks for it. */
export const total = acrossBatch(({ weights }) =>
  weights.map((own) => {
    let sum = 0;
    for (const weight of own) sum += weight;
    return sum;
  }),
);

/** The mean of a number per prompt. */
export function meanOf(perRow: Float64Array): Statistic {
  return (weights) => weightedSum(perRow, weights) / total(weights);
}

export function sumOf(perRow: Float64Array): Statistic {
  return (weights) => weightedSum(perRow, weights);
}

/** Four sums side by side, because each addition waits for the one before it: this is the innermost loop of all. */
export function weightedSum(perRow: Float64Array, weights: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let row = 0;
  for (; row + 3 < perRow.length; row += 4) {
    a += perRow[row]! * weights[row]!;
    b += perRow[row + 1]! * weights[row + 1]!;
    c += perRow[row + 2]! * weights[row + 2]!;
    d += perRow[row + 3]! * weights[row + 3]!;
  }
  for (; row < perRow.length; row++) a += perRow[row]! * weights[row]!;
  return a + b + c + d;
}

/** The mean of each column of a matrix over the rows that know it; NaN where none of them has weight. */
export function knownMeans(matrix: Matrix): (weights: Float64Array) => Float64Array {
  const { rows, columns, values } = matrix;
  if (!values.some((value) => Number.isNaN(value))) return meansOfAll(matrix);
  const filled = meansOfAll({
    rows,
    columns,
    values: values.map((value) => (Number.isNaN(value) ? 0 : value)),
  });
  const known = meansOfAll({ rows, columns, values: values.map((value) => Number(!Number.isNaN(value))) });
  return acrossBatch(({ weights }) =>
    weights.map((own) => {
      const shares = known(own);
      return filled(own).map((mean, column) => mean / shares[column]!);
    }),
  );
}

function meansOfAll(matrix: Matrix): (weights: Float64Array) => Float64Array {
  return acrossBatch((batch) => {
    const sums = columnSums(matrix, batch);
    return batch.weights.map((own, lane) => {
      const mass = total(own);
      return sums[lane]!.map((sum) => sum / mass);
    });
  });
}

/** Large matrices come from memory, which takes longer than adding: four resamples share each value that was read. */
function columnSums({ rows, columns, values }: Matrix, { counts }: Batch): readonly Float64Array[] {
  const [a, b, c, d] = [
    new Float64Array(columns),
    new Float64Array(columns),
    new Float64Array(columns),
    new Float64Array(columns),
  ];
  for (let row = 0; row < rows; row++) {
    const at = batchSize * row;
    const w1 = counts[at]!;
    const w2 = counts[at + 1]!;
    const w3 = counts[at + 2]!;
    const w4 = counts[at + 3]!;
    const from = row * columns;
    for (let column = 0; column < columns; column++) {
      const value = values[from + column]!;
      a[column]! += w1 * value;
      b[column]! += w2 * value;
      c[column]! += w3 * value;
      d[column]! += w4 * value;
    }
  }
  return [a, b, c, d];
}
