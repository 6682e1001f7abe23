import { type Random, seededRandom } from "./random.ts";

/** Resamples that are drawn together: a pass over large data then serves them all. */
export const batchSize = 4;

/** Up to four weightings of the same rows. */
export interface Batch {
  readonly weights: readonly Float64Array[];
  /** The weights as integers, those of a row side by side: `counts[batchSize * row + lane]`; 0 in lanes that are not used. */
  readonly counts: Int32Array;
}

/** Some of the resamples that a seed makes. Which they are does not depend on the others. */
export interface ResampleRange {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** How often each row was drawn, resample by resample. */
export function* resamples(rows: number, { seed, from, to }: ResampleRange): Generator<Float64Array> {
  const random = seededRandom(seed, from * rows);
  for (let done = from; done < to; done += batchSize) {
    const weights = Array.from({ length: Math.min(batchSize, to - done) }, () => resampled(rows, random));
    yield* together(weights);
  }
}

function resampled(rows: number, random: Random): Float64Array {
  const counts = new Float64Array(rows);
  for (let draw = 0; draw < rows; draw++) counts[Math.floor(random() * rows)]! += 1;
  return counts;
}

/** Weights are never changed after they were passed, so a batch is known by any of them. */
const batches = new WeakMap<Float64Array, Batch>();

/** Makes one batch of at most four weightings. */
export function together(weights: readonly Float64Array[]): readonly Float64Array[] {
  const batch = { weights, counts: sideBySide(weights) };
  for (const own of weights) batches.set(own, batch);
  return weights;
}

function sideBySide(weights: readonly Float64Array[]): Int32Array {
  const counts = new Int32Array(batchSize * (weights[0]?.length ?? 0));
  for (const [lane, own] of weights.entries()) {
    for (let row = 0; row < own.length; row++) counts[batchSize * row + lane] = own[row]!;
  }
  return counts;
}

/** Computes for all weightings of a batch at once, and remembers the answers for the latest batch. */
export function acrossBatch<Result>(
  compute: (batch: Batch) => readonly Result[],
): (weights: Float64Array) => Result {
  let latest: { readonly batch: Batch; readonly results: readonly Result[] } | undefined;
  return (weights) => {
    if (!batches.has(weights)) together([weights]);
    const batch = batches.get(weights)!;
    if (latest?.batch !== batch) latest = { batch, results: compute(batch) };
    return latest.results[batch.weights.indexOf(weights)]!;
  };
}
