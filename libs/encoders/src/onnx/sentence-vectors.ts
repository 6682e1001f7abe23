import type { OnnxEncoderManifest } from "@ipr/estimator";
import type { TensorData } from "@ipr/onnx";

export interface PooledShape {
  readonly batch: number;
  readonly tokens: number;
  readonly dimension: number;
}

/**
 * The vectors of a batch, one after the other, from the graph's output: pooled over the tokens of each text where the graph
 * has not done it. `lengths` are the texts' tokens without padding.
 */
export function sentenceVectors(
  output: Float32Array,
  { batch, tokens, dimension }: PooledShape,
  lengths: readonly number[],
  pooling: OnnxEncoderManifest["graph"]["pooling"],
): Float32Array {
  if (pooling === "inside") return output.slice(0, batch * dimension);
  const vectors = new Float32Array(batch * dimension);
  for (let row = 0; row < batch; row++) {
    const used = pooling === "cls" ? 1 : lengths[row]!;
    for (let token = 0; token < used; token++) {
      const from = (row * tokens + token) * dimension;
      for (let i = 0; i < dimension; i++) vectors[row * dimension + i]! += output[from + i]! / used;
    }
  }
  return vectors;
}

/** Scales each vector to unit length, in place. A vector of zeros stays. */
export function scaleToUnitLength(vectors: Float32Array, dimension: number): void {
  for (let from = 0; from < vectors.length; from += dimension) {
    let squares = 0;
    for (let i = from; i < from + dimension; i++) squares += vectors[i]! * vectors[i]!;
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let i = from; i < from + dimension; i++) vectors[i]! *= scale;
  }
}

/** Texts of different lengths as one rectangle: the padding is 0 and masked. */
export function padded(
  rows: readonly (readonly number[])[],
  valueAt: (row: readonly number[], token: number) => number,
  type: "float" | "int64",
): TensorData {
  const tokens = Math.max(...rows.map((row) => row.length));
  const shape = [rows.length, tokens];
  const length = rows.length * tokens;
  const at = (index: number): number => {
    const row = rows[Math.floor(index / tokens)]!;
    const token = index % tokens;
    return token < row.length ? valueAt(row, token) : 0;
  };
  return type === "float"
    ? { shape, data: Float32Array.from({ length }, (_, index) => at(index)) }
    : { shape, data: BigInt64Array.from({ length }, (_, index) => BigInt(at(index))) };
}
