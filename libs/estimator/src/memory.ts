import type { MemoryModel, NeighbourAdapter } from "./bundle.ts";

/** A candidate's labels count beside this many of its mean: a few neighbours alone say little. */
const priorLabels = 5;

/** The rows of the prompts nearest to an embedding, by cosine. The result is overwritten by the next call. */
export type Memory = (embedding: Float32Array) => Int32Array;

/** Looks neighbours up by comparing with every prompt: exact, and fast enough for some ten thousand of them. */
export function createMemory({ vectors, dimension, neighbours }: MemoryModel): Memory {
  const rows = vectors.length / dimension;
  const nearest = new Int32Array(Math.min(neighbours, rows));
  const similarity = new Float32Array(nearest.length);
  return (embedding) => {
    if (embedding.length !== dimension) {
      throw new RangeError(
        `the embedding has ${embedding.length} numbers, the bundle's encoder gives ${dimension}`,
      );
    }
    let found = 0;
    for (let row = 0; row < rows; row++) {
      let dot = 0;
      const from = row * dimension;
      for (let i = 0; i < dimension; i++) dot += embedding[i]! * vectors[from + i]!;
      if (found === nearest.length && dot <= similarity[found - 1]!) continue;
      let at = found < nearest.length ? found++ : found - 1;
      for (; at > 0 && similarity[at - 1]! < dot; at--) {
        similarity[at] = similarity[at - 1]!;
        nearest[at] = nearest[at - 1]!;
      }
      similarity[at] = dot;
      nearest[at] = row;
    }
    return nearest;
  };
}

/** Mean of the neighbours' labels, drawn to `mean` where few have one. */
export function neighbourMean(
  labels: NeighbourAdapter["quality"],
  nearest: Int32Array,
  mean: number,
): number {
  let [sum, count] = [priorLabels * mean, priorLabels];
  for (const row of nearest) {
    const label = labels[row]!;
    if (Number.isNaN(label)) continue;
    sum += label;
    count++;
  }
  return sum / count;
}
