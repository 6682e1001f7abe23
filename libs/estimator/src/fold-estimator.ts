import type { Adapter, CandidateModel, Estimator, MemoryModel, TopicModel } from "./bundle.ts";
import type { TrunkModel } from "./trunk.ts";

/** How many folds an estimator has: the networks of its ensemble, or the parts its memory was divided into. */
export function foldCount({ trunk }: Pick<Estimator, "trunk">): number {
  return trunk.kind === "layer" ? trunk.folds : 1 + trunk.foldOfRow.reduce((a, b) => Math.max(a, b), 0);
}

/**
 * The part of an estimator that has not seen the prompts of one fold: its estimates of them are out of fold, fit for
 * choosing settings, where the whole ensemble's are not.
 */
export function withoutFold({ trunk, topics, candidates }: Estimator, fold: number): Estimator {
  if (trunk.kind === "memory") {
    const kept = [...trunk.foldOfRow.keys()].filter((row) => trunk.foldOfRow[row] !== fold);
    return { trunk: keepRows(trunk, kept), topics, candidates: candidates.map((c) => keepLabels(c, kept)) };
  }
  const { folds } = trunk;
  const part = (values: Float32Array): Float32Array => {
    const length = values.length / folds;
    return values.slice(fold * length, (fold + 1) * length);
  };
  return {
    trunk: networkOf(trunk, fold),
    topics: topics && ({ ...topics, heads: part(topics.heads) } satisfies TopicModel),
    candidates: candidates.map((candidate) => ({
      ...candidate,
      adapter: candidate.adapter && partOf(candidate.adapter, part),
      topicMeans: candidate.topicMeans && part(candidate.topicMeans),
    })),
  };
}

function networkOf(trunk: TrunkModel, fold: number): TrunkModel {
  const { folds, hidden } = trunk;
  const rows = trunk.weights.length / (folds * hidden);
  const weights = new Float32Array(rows * hidden);
  for (let row = 0; row < rows; row++) {
    const from = (row * folds + fold) * hidden;
    weights.set(trunk.weights.subarray(from, from + hidden), row * hidden);
  }
  return { ...trunk, folds: 1, weights };
}

function partOf(adapter: Adapter, part: (values: Float32Array) => Float32Array): Adapter {
  if (adapter.kind === "neighbours") throw new TypeError("neighbours are of a memory, not of a layer");
  const heads = { folds: 1, quality: part(adapter.quality), tokens: adapter.tokens && part(adapter.tokens) };
  return adapter.kind === "identity"
    ? { kind: "identity", ...heads, shift: part(adapter.shift) }
    : { kind: "linear", ...heads };
}

function keepRows(memory: MemoryModel, rows: readonly number[]): MemoryModel {
  const { dimension } = memory;
  const vectors = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) {
    vectors.set(memory.vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  }
  return { ...memory, vectors, foldOfRow: Uint8Array.from(rows, (row) => memory.foldOfRow[row]!) };
}

function keepLabels(candidate: CandidateModel, rows: readonly number[]): CandidateModel {
  const { adapter } = candidate;
  if (adapter?.kind !== "neighbours") return candidate;
  const pick = (labels: Float32Array): Float32Array => Float32Array.from(rows, (row) => labels[row]!);
  const tokens = adapter.tokens && pick(adapter.tokens);
  return { ...candidate, adapter: { kind: "neighbours", quality: pick(adapter.quality), tokens } };
}
