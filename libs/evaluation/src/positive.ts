/**
 * Cholesky: the lower triangle L with L L' = matrix, of which the lower triangle is read and overwritten. `pivotOf` says
 * what stands for the root of a diagonal value, which rounding may have made zero or less.
 */
export function factorPositive(
  matrix: Float64Array,
  size: number,
  pivotOf: (value: number, row: number) => number,
): Float64Array {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = matrix[row * size + column]!;
      for (let k = 0; k < column; k++) value -= matrix[row * size + k]! * matrix[column * size + k]!;
      matrix[row * size + column] =
        column < row ? value / matrix[column * size + column]! : pivotOf(value, row);
    }
  }
  return matrix;
}

/** Solves L L' x = right in place, for `width` right-hand sides that stand side by side. */
export function solveFactored(
  lower: Float64Array,
  right: Float64Array,
  { size, width }: { readonly size: number; readonly width: number },
): void {
  // Forwards through the lower triangle, then backwards through its transpose.
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < row; column++)
      subtractRow(right, width, { from: column, to: row, times: lower[row * size + column]! });
    divideRow(right, width, row, lower[row * size + row]!);
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++)
      subtractRow(right, width, { from: column, to: row, times: lower[column * size + row]! });
    divideRow(right, width, row, lower[row * size + row]!);
  }
}

function subtractRow(
  values: Float64Array,
  width: number,
  { from, to, times }: { readonly from: number; readonly to: number; readonly times: number },
): void {
  for (let i = 0; i < width; i++) values[to * width + i]! -= times * values[from * width + i]!;
}

function divideRow(values: Float64Array, width: number, row: number, divisor: number): void {
  for (let i = 0; i < width; i++) values[row * width + i]! /= divisor;
}
