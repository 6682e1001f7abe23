/** 8-bit numbers and the scale of each group: the value is number times scale. */
export interface Quantised {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/**
 * The largest weight of a multiplication, as an 8-bit number: seven bits. Processors without VNNI add two products of an
 * unsigned and a signed byte in 16 bits, which full 8-bit weights would overflow: 2 x 255 x 64 still fits.
 */
const maxWeight = 64;
/** A table that is only looked up in has no such limit. */
const maxEntry = 127;

/** How much of a column's largest weight the scale may cover: clipping a few outliers rounds all the others finer. */
const coveredShares = Array.from({ length: 13 }, (_, i) => 1 - 0.03 * i);

/**
 * Weights as Hugging Face stores them, [to, from], as the [from, to] matrix of a multiplication with a scale for each of
 * its columns: that share of the largest weight which gives the least squared error.
 */
export function quantiseWeights(weights: Float32Array, to: number): Quantised {
  const from = weights.length / to;
  const data = new Int8Array(weights.length);
  const scales = new Float32Array(to);
  for (let column = 0; column < to; column++) {
    const values = weights.subarray(column * from, (column + 1) * from);
    const scale = bestScale(values, maxWeight);
    scales[column] = scale;
    for (let i = 0; i < from; i++) data[i * to + column] = toStep(values[i]!, scale, maxWeight);
  }
  return { data, scales };
}

/** The rows of a table, each with a scale of its own. */
export function quantiseRows(table: Float32Array, width: number): Quantised {
  const rows = table.length / width;
  const data = new Int8Array(table.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = table.subarray(row * width, (row + 1) * width);
    const scale = largest(values) / maxEntry;
    scales[row] = scale;
    for (let i = 0; i < width; i++) data[row * width + i] = toStep(values[i]!, scale, maxEntry);
  }
  return { data, scales };
}

function bestScale(values: Float32Array, limit: number): number {
  const full = largest(values) / limit;
  let best = { scale: full, error: Number.POSITIVE_INFINITY };
  for (const share of coveredShares) {
    const scale = full * share;
    const error = squaredError(values, scale, limit);
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
}

function squaredError(values: Float32Array, scale: number, limit: number): number {
  let sum = 0;
  for (const value of values) sum += (value - toStep(value, scale, limit) * scale) ** 2;
  return sum;
}

/** All-zero values have the scale 0 and become zeros. */
function toStep(value: number, scale: number, limit: number): number {
  return scale === 0 ? 0 : Math.max(-limit, Math.min(limit, Math.round(value / scale)));
}

function largest(values: Float32Array): number {
  let result = 0;
  for (const value of values) result = Math.max(result, Math.abs(value));
  return result;
}
