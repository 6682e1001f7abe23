/** Numbers by prompt (row) and candidate (column), row after row. NaN is a value nobody knows. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export function createMatrix(
  rows: number,
  columns: number,
  valueAt: (row: number, column: number) => number,
): Matrix {
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] = valueAt(row, column);
  }
  return { rows, columns, values };
}

export function cell(matrix: Matrix, row: number, column: number): number {
  return matrix.values[row * matrix.columns + column]!;
}

/** Mean of each column over the rows that know it; NaN where none does. */
export function columnMeans(matrix: Matrix): Float64Array {
  const means = new Float64Array(matrix.columns);
  for (let column = 0; column < matrix.columns; column++) {
    let sum = 0;
    let known = 0;
    for (let row = 0; row < matrix.rows; row++) {
      const value = cell(matrix, row, column);
      if (Number.isNaN(value)) continue;
      sum += value;
      known += 1;
    }
    means[column] = known === 0 ? Number.NaN : sum / known;
  }
  return means;
}

/** The same value in every row of a column: what a predictor says that does not read the prompt. */
export function constantRows(rows: number, byColumn: ArrayLike<number>): Matrix {
  return createMatrix(rows, byColumn.length, (_, column) => byColumn[column]!);
}

export function sameShape(...matrices: readonly Matrix[]): void {
  const [first, ...others] = matrices;
  for (const other of others) {
    if (other.rows !== first?.rows || other.columns !== first.columns) {
      throw new RangeError(
        `matrices differ in shape: ${first?.rows} x ${first?.columns} and ${other.rows} x ${other.columns}`,
      );
    }
  }
}
