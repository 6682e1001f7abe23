import { ngramCount, standardiseSurface, surfaceCount, type TrunkModel } from "@ipr/estimator";
import { createColumn, keepRows, sharedArray } from "./column.ts";
import type { ExtractedBatch } from "./extract-batch.ts";
import { type PackedNgrams, unpackNgrams } from "./packed-ngrams.ts";

/**
 * What the trunk reads of many prompts, in shared memory so that folds train in parallel on one copy: per row the
 * embedding, the standardised surface numbers, and the n-grams that are present.
 */
export interface FeatureTable {
  readonly rows: number;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Embeddings, row by row; of a set that is large, in half precision. */
  readonly embeddings: Float32Array | Float16Array;
  readonly surfaces: Float32Array;
  /** N-grams of row r are the words from `ngramStart[r]` up to, not including, `ngramStart[r + 1]`. */
  readonly ngramStart: Uint32Array;
  readonly ngramWords: PackedNgrams;
}

/**
 * Embeddings are trained on times this, and the stored weights have it multiplied in: the entries of a unit vector are
 * so small that Adam, which gives every weight steps of one size, would learn them too slowly. Chosen, out of fold,
 * among 1, 2, 4 and 8: more helps large data sets a little and hurts small ones more.
 */
export const embeddingScale = 2;

/** Above this many rows embeddings are stored in half precision, whose rounding is far below what training can see. */
export const maxFullPrecisionRows = 200_000;

/** More words than this cannot be numbered; at 300 an average prompt, these are those of 14 million. */
const maxNgramWords = 2 ** 32 - 1;

/** A feature table that is being read, row after row. */
export interface FeatureTableBuilder {
  append(batch: ExtractedBatch): void;
  finish(): FeatureTable;
}

export function createFeatureTableBuilder(
  dimension: number,
  fullPrecisionRows = maxFullPrecisionRows,
): FeatureTableBuilder {
  const exact = createColumn(Float32Array);
  const half = createColumn(Float16Array);
  const surfaces = createColumn(Float32Array);
  const ngramStart = createColumn(Uint32Array);
  const ngramWords = createColumn(Uint16Array);
  ngramStart.resize(1);
  let rows = 0;

  const appendEmbeddings = (embeddings: Float32Array): void => {
    const isLarge = rows + embeddings.length / dimension > fullPrecisionRows;
    const from = rows * dimension;
    const column = isLarge ? half : exact;
    column.resize(from + embeddings.length);
    if (isLarge && exact.length > 0) {
      half.values.set(exact.values);
      exact.resize(0);
    }
    column.values.set(embeddings, from);
  };

  return {
    append(batch) {
      if (dimension > 0) appendEmbeddings(batch.embeddings);
      surfaces.resize(surfaces.length + batch.surfaces.length);
      surfaces.values.set(batch.surfaces, rows * surfaceCount);
      ngramStart.resize(1 + rows + batch.rows);
      for (const [row, count] of batch.ngramCounts.entries()) {
        ngramStart.values[rows + row + 1] = ngramStart.values[rows + row]! + count;
      }
      const before = ngramWords.length;
      if (before + batch.ngramWords.length > maxNgramWords)
        throw new RangeError("too many n-grams to number");
      ngramWords.resize(before + batch.ngramWords.length);
      ngramWords.values.set(batch.ngramWords, before);
      rows += batch.rows;
    },
    finish: () => ({
      rows,
      dimension,
      embeddings: half.length > 0 ? half.values : exact.values,
      surfaces: surfaces.values,
      ngramStart: ngramStart.values,
      ngramWords: ngramWords.values,
    }),
  };
}

/** The table with only the rows `kept`, which ascend. The memory is reused: the table given is of no use any more. */
export function keepRowsOfTable(table: FeatureTable, kept: Uint32Array): FeatureTable {
  const { dimension, embeddings, surfaces, ngramStart, ngramWords } = table;
  keepRows(embeddings, kept, dimension);
  keepRows(surfaces, kept, surfaceCount);
  let at = 0;
  for (const [to, row] of kept.entries()) {
    const [start, end] = [ngramStart[row]!, ngramStart[row + 1]!];
    if (start !== at) ngramWords.copyWithin(at, start, end);
    ngramStart[to] = at;
    at += end - start;
  }
  ngramStart[kept.length] = at;
  return {
    rows: kept.length,
    dimension,
    embeddings: embeddings.subarray(0, kept.length * dimension),
    surfaces: surfaces.subarray(0, kept.length * surfaceCount),
    ngramStart: ngramStart.subarray(0, kept.length + 1),
    ngramWords: ngramWords.subarray(0, at),
  };
}

/** Standardises the surface numbers in place, by their own mean and deviation. */
export function standardiseTable({ rows, surfaces }: FeatureTable): TrunkModel["surface"] {
  const scale = surfaceScale(rows, surfaces);
  for (let from = 0; from < surfaces.length; from += surfaceCount) {
    surfaces.set(standardiseSurface(surfaces.slice(from, from + surfaceCount), scale), from);
  }
  return scale;
}

/** How many numbers the trunk reads per prompt, its bias left out. */
export function featureWidth({ dimension }: FeatureTable): number {
  return dimension + surfaceCount + ngramCount;
}

/** Writes the given rows of the table as a dense matrix into `into`. */
export function fillDense(table: FeatureTable, rows: ArrayLike<number>, into: Float32Array): void {
  const { dimension, embeddings, surfaces, ngramStart, ngramWords } = table;
  const width = featureWidth(table);
  into.fill(0, 0, rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const to = i * width;
    into.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to);
    for (let at = to; at < to + dimension; at++) into[at]! *= embeddingScale;
    into.set(surfaces.subarray(row * surfaceCount, (row + 1) * surfaceCount), to + dimension);
    const span = { start: ngramStart[row]!, end: ngramStart[row + 1]! };
    unpackNgrams(ngramWords, span, into, to + dimension + surfaceCount);
  }
}

export function sharedFloats(length: number): Float32Array {
  return sharedArray(Float32Array, length);
}

function surfaceScale(rows: number, surfaces: Float32Array): TrunkModel["surface"] {
  const sumOf = (column: number, term: (value: number) => number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += term(surfaces[row * surfaceCount + column]!);
    return sum;
  };
  const columns = Array.from({ length: surfaceCount }, (_, column) => column);
  const mean = columns.map((column) => sumOf(column, (value) => value) / rows);
  const scale = columns.map((column) => {
    const variance = sumOf(column, (value) => (value - mean[column]!) ** 2) / rows;
    // A number that never varies says nothing: any scale will do, as long as it is not zero.
    return Math.sqrt(variance) || 1;
  });
  return { mean, scale };
}
