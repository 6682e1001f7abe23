import type { SparseNgrams } from "./ngrams.ts";
import { ngramCount } from "./ngrams.ts";
import { surfaceCount } from "./surface.ts";

/** The shared layer of every fold, side by side: a feature's row has the weights to all `folds * hidden` units. */
export interface TrunkModel {
  readonly kind: "layer";
  /** `none` leaves the hidden layer linear: a ridge bundle's, or one whose adapters shift it before their GELU. */
  readonly activation: "gelu" | "none";
  readonly folds: number;
  /** Units of one fold. */
  readonly hidden: number;
  /** Length of the embedding it reads. */
  readonly dimension: number;
  /** Surface numbers are read as (value - mean) / scale, cut to +-`maxSurface`. */
  readonly surface: { readonly mean: readonly number[]; readonly scale: readonly number[] };
  /** Rows: bias, embedding, surface numbers, n-grams. */
  readonly weights: Float32Array;
}

/** A standardised surface number beyond this is an outlier the trunk has not seen; it is cut. */
export const maxSurface = 5;

export function trunkRows(dimension: number): number {
  return 1 + dimension + surfaceCount + ngramCount;
}

/** Standardises surface numbers, for training and serving alike. */
export function standardiseSurface(
  surface: Float32Array,
  { mean, scale }: TrunkModel["surface"],
): Float32Array {
  return surface.map((value, i) =>
    Math.max(-maxSurface, Math.min(maxSurface, (value - mean[i]!) / scale[i]!)),
  );
}

/** GELU in its tanh form: the same formula in the training graph and here. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

/** The hidden units of all folds. The result is overwritten by the next call. */
export type Trunk = (embedding: Float32Array, surface: Float32Array, ngrams: SparseNgrams) => Float32Array;

/**
 * Evaluates the trunk by adding up the weight rows of the active features, four rows at a time: most of the 4,096 n-grams
 * are absent from a prompt, so this is tenfold cheaper than a dense product.
 */
export function createTrunk(model: TrunkModel): Trunk {
  const width = model.folds * model.hidden;
  const { weights, dimension, activation } = model;
  const surfaceRow = 1 + dimension;
  const ngramRow = surfaceRow + surfaceCount;
  const hidden = new Float32Array(width);
  const maxActive = dimension + surfaceCount + ngramCount;
  const offsets = new Int32Array(maxActive + 3);
  const values = new Float32Array(maxActive + 3);

  return (embedding, surface, { indices, values: ngramValues }) => {
    if (embedding.length !== dimension) {
      throw new RangeError(
        `the embedding has ${embedding.length} numbers, the bundle's encoder gives ${dimension}`,
      );
    }
    let active = 0;
    for (let i = 0; i < dimension; i++) {
      offsets[active] = (1 + i) * width;
      values[active++] = embedding[i]!;
    }
    const standardised = standardiseSurface(surface, model.surface);
    for (let i = 0; i < surfaceCount; i++) {
      offsets[active] = (surfaceRow + i) * width;
      values[active++] = standardised[i]!;
    }
    for (let i = 0; i < indices.length; i++) {
      offsets[active] = (ngramRow + indices[i]!) * width;
      values[active++] = ngramValues[i]!;
    }
    // Pad to whole groups of four with the bias row times zero.
    for (let i = active; i < active + 3; i++) offsets[i] = values[i] = 0;

    hidden.set(weights.subarray(0, width));
    for (let i = 0; i < active; i += 4) addFourRows(hidden, weights, offsets, values, i);
    if (activation === "gelu") for (let i = 0; i < width; i++) hidden[i] = gelu(hidden[i]!);
    return hidden;
  };
}

function addFourRows(
  sum: Float32Array,
  weights: Float32Array,
  offsets: Int32Array,
  values: Float32Array,
  at: number,
): void {
  const a = offsets[at]!;
  const b = offsets[at + 1]!;
  const c = offsets[at + 2]!;
  const d = offsets[at + 3]!;
  const va = values[at]!;
  const vb = values[at + 1]!;
  const vc = values[at + 2]!;
  const vd = values[at + 3]!;
  for (let i = 0; i < sum.length; i++) {
    sum[i] =
      sum[i]! + va * weights[a + i]! + vb * weights[b + i]! + vc * weights[c + i]! + vd * weights[d + i]!;
  }
}
