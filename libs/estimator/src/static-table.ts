/**
 * A table of one vector per token, 8-bit with a scale per row: a row is a little-endian 32-bit float and `dimension`
 * signed bytes. Only the direction of a sum of rows is used, so that rounding costs next to nothing.
 */
export interface StaticTable {
  readonly dimension: number;
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

const scaleBytes = 4;
const maxByte = 127;

/** Rounds the rows of a float table to bytes. A row of zeros stays zero. */
export function quantiseTable(rows: Float32Array, dimension: number): StaticTable {
  const count = rows.length / dimension;
  const values = new Int8Array(rows.length);
  const scales = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const from = row * dimension;
    let largest = 0;
    for (let i = 0; i < dimension; i++) largest = Math.max(largest, Math.abs(rows[from + i]!));
    if (largest === 0) continue;
    scales[row] = largest / maxByte;
    const inverse = maxByte / largest;
    for (let i = 0; i < dimension; i++) values[from + i] = Math.round(rows[from + i]! * inverse);
  }
  return { dimension, values, scales };
}

export function tableToBytes({ dimension, values, scales }: StaticTable): Uint8Array {
  const rowBytes = scaleBytes + dimension;
  const bytes = new Uint8Array(scales.length * rowBytes);
  const view = new DataView(bytes.buffer);
  scales.forEach((scale, row) => {
    view.setFloat32(row * rowBytes, scale, true);
    bytes.set(new Uint8Array(values.buffer, row * dimension, dimension), row * rowBytes + scaleBytes);
  });
  return bytes;
}

export function tableFromBytes(bytes: Uint8Array, dimension: number): StaticTable {
  const rowBytes = scaleBytes + dimension;
  const rows = bytes.length / rowBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Int8Array(rows * dimension);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * rowBytes;
    scales[row] = view.getFloat32(from, true);
    values.set(new Int8Array(bytes.buffer, bytes.byteOffset + from + scaleBytes, dimension), row * dimension);
  }
  return { dimension, values, scales };
}

/** The sum of the tokens' rows, at unit length; all zero when no token has a row. */
export function sumRows({ dimension, values, scales }: StaticTable, tokens: readonly number[]): Float32Array {
  const sum = new Float32Array(dimension);
  for (const token of tokens) {
    const scale = scales[token]!;
    const from = token * dimension;
    for (let i = 0; i < dimension; i++) sum[i] = sum[i]! + scale * values[from + i]!;
  }
  let squares = 0;
  for (const value of sum) squares += value * value;
  if (squares === 0) return sum;
  const inverse = 1 / Math.sqrt(squares);
  for (let i = 0; i < dimension; i++) sum[i] = sum[i]! * inverse;
  return sum;
}
