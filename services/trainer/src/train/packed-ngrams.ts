import { type NgramCounts, ngramCount, weighNgrams } from "@ipr/estimator";

/**
 * Counted n-grams as 16-bit words: twelve bits for the bucket and four for the count, or four zeros and the count in the
 * next word. Nothing is lost, in less than half the memory of buckets and weights: n-grams are most of what a training
 * set stores.
 */
export type PackedNgrams = Uint16Array;

const countBits = 4;
const maxShortCount = 2 ** countBits - 1;

export function packNgrams({ indices, counts }: NgramCounts): PackedNgrams {
  const long = counts.reduce((sum, count) => sum + Number(count > maxShortCount), 0);
  const words = new Uint16Array(indices.length + long);
  let at = 0;
  for (let i = 0; i < indices.length; i++) {
    const count = counts[i]!;
    const isShort = count <= maxShortCount;
    words[at++] = (indices[i]! << countBits) | (isShort ? count : 0);
    if (!isShort) words[at++] = count;
  }
  return words;
}

// Scratch for one row, which is read synchronously.
const buckets = new Uint16Array(ngramCount);
const counted = new Uint16Array(ngramCount);

/** Writes the weights of the words from `start` up to `end` into the `ngramCount` zeros at `to`. */
export function unpackNgrams(
  words: PackedNgrams,
  { start, end }: { readonly start: number; readonly end: number },
  into: Float32Array,
  to: number,
): void {
  let active = 0;
  for (let at = start; at < end; at++) {
    const word = words[at]!;
    const count = word & maxShortCount;
    buckets[active] = word >>> countBits;
    counted[active++] = count === 0 ? words[++at]! : count;
  }
  const weights = weighNgrams(buckets.subarray(0, active), counted.subarray(0, active));
  for (let i = 0; i < active; i++) into[to + buckets[i]!] = weights[i]!;
}
