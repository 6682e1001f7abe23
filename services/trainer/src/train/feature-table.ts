import {
  type Encoder,
  extractFeatures,
  ngramCount,
  standardiseSurface,
  surfaceCount,
  type TrunkModel,
} from "@ipr/estimator";
import type { OnProgress } from "../progress.ts";

/**
 * What the trunk reads of many prompts, in shared memory so that folds train in parallel on one copy: per row the
 * embedding and the standardised surface numbers, then the n-grams, of which only the present ones are kept.
 */
export interface FeatureTable {
  readonly rows: number;
  /** Numbers per row that are always there. */
  readonly denseCount: number;
  readonly dense: Float32Array;
  /** N-grams of row r are those from `ngramStart[r]` up to, not including, `ngramStart[r + 1]`. */
  readonly ngramStart: Uint32Array;
  readonly ngramIndices: Uint16Array;
  readonly ngramValues: Float32Array;
}

/**
 * Embeddings are trained on times this, and the stored weights have it multiplied in: the entries of a unit vector are
 * so small that Adam, which gives every weight steps of one size, would learn them too slowly. Chosen, out of fold,
 * among 1, 2, 4 and 8: more helps large data sets a little and hurts small ones more.
 */
export const embeddingScale = 2;

export interface ExtractedFeatures {
  readonly table: FeatureTable;
  readonly surface: TrunkModel["surface"];
}

/** Encodes texts and reads their features. Surface numbers are standardised by these texts' own mean and deviation. */
export async function extractFeatureTable(
  texts: readonly string[],
  encoder: Encoder,
  onProgress: OnProgress,
): Promise<ExtractedFeatures> {
  const denseCount = encoder.dimension + surfaceCount;
  const dense = sharedFloats(texts.length * denseCount);
  const ngramStart = new Uint32Array(new SharedArrayBuffer((texts.length + 1) * 4));
  const surfaces: Float32Array[] = [];
  const ngrams: { indices: Uint16Array; values: Float32Array }[] = [];
  for (const [row, text] of texts.entries()) {
    const embedding = await encoder.encode(text);
    for (let i = 0; i < embedding.length; i++) dense[row * denseCount + i] = embeddingScale * embedding[i]!;
    const features = extractFeatures(text);
    surfaces.push(features.surface);
    ngrams.push(features.ngrams);
    ngramStart[row + 1] = ngramStart[row]! + features.ngrams.indices.length;
    if (row % 256 === 255 || row + 1 === texts.length) {
      onProgress({ stage: "read prompts", done: row + 1, total: texts.length });
    }
  }
  const surface = surfaceScale(surfaces);
  for (const [row, numbers] of surfaces.entries()) {
    dense.set(standardiseSurface(numbers, surface), row * denseCount + encoder.dimension);
  }
  const active = ngramStart[texts.length]!;
  const ngramIndices = new Uint16Array(new SharedArrayBuffer(active * 2));
  const ngramValues = sharedFloats(active);
  for (const [row, { indices, values }] of ngrams.entries()) {
    ngramIndices.set(indices, ngramStart[row]);
    ngramValues.set(values, ngramStart[row]);
  }
  return {
    table: { rows: texts.length, denseCount, dense, ngramStart, ngramIndices, ngramValues },
    surface,
  };
}

/** How many numbers the trunk reads per prompt, its bias left out. */
export function featureWidth({ denseCount }: FeatureTable): number {
  return denseCount + ngramCount;
}

/** Writes the given rows of the table as a dense matrix into `into`. */
export function fillDense(table: FeatureTable, rows: ArrayLike<number>, into: Float32Array): void {
  const { denseCount, dense, ngramStart, ngramIndices, ngramValues } = table;
  const width = featureWidth(table);
  into.fill(0, 0, rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const to = i * width;
    into.set(dense.subarray(row * denseCount, (row + 1) * denseCount), to);
    const ngrams = to + denseCount;
    for (let at = ngramStart[row]!; at < ngramStart[row + 1]!; at++) {
      into[ngrams + ngramIndices[at]!] = ngramValues[at]!;
    }
  }
}

export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

function surfaceScale(surfaces: readonly Float32Array[]): TrunkModel["surface"] {
  const columns = Array.from({ length: surfaceCount }, (_, i) => surfaces.map((numbers) => numbers[i]!));
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const scale = columns.map((column, i) => {
    const variance = column.reduce((sum, value) => sum + (value - mean[i]!) ** 2, 0) / column.length;
    // A number that never varies says nothing: any scale will do, as long as it is not zero.
    return Math.sqrt(variance) || 1;
  });
  return { mean, scale };
}
