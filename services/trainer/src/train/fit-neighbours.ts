import { IprError, status } from "@ipr/errors";
import { logit, type MemoryModel, type NeighbourAdapter, neighbourMean, sigmoid } from "@ipr/estimator";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { OnProgress } from "../progress.ts";
import type { FitInput, FittedEstimator } from "./fitted-estimator.ts";
import { minTokenLabels } from "./assemble-network.ts";
import { knownMean, logTokensOf, scoresOf, spreadRows } from "./rows.ts";
import { crossEntropies } from "./topic-mix.ts";
import { countLabels, type TrainingSet } from "./training-set.ts";

/** Every prediction compares with every prompt that is remembered: more than this would take too long. */
const maxRememberedRows = 50_000;
/** Out-of-fold estimates are made of at most this many rows. */
const maxJudgedRows = 3_000;
/** How many neighbours are tried, ascending; the best out of fold is taken. */
const neighbourCounts = [10, 20, 40, 80, 160] as const;
const progressRows = 100;

/** Nearest neighbours in embedding space: nothing is trained, prompts and labels are remembered. */
export async function fitNeighbours(input: FitInput, onProgress: OnProgress): Promise<FittedEstimator> {
  const { set, candidates, features, options } = input;
  if (set.rows > maxRememberedRows) throw tooMany(set.rows);
  const foldOfRow = Uint8Array.from(set.foldHashes, (hash) => hash % options.folds);
  const vectors = Float32Array.from(features.embeddings, Math.f16round);
  const judged = spreadRows(set.rows, maxJudgedRows);
  const nearest = await nearestOutOfFold(
    { vectors, dimension: features.dimension, foldOfRow },
    judged,
    onProgress,
  );

  const means = candidates.map((name) => knownMean(set.labels.get(name)!.scores));
  const logTokens = candidates.map((name) =>
    set.labels.get(name)!.outputTokens.map((tokens) => Math.log1p(tokens)),
  );
  const tokenMeans = logTokens.map(knownMean);
  const estimates = (count: number): Matrix =>
    createMatrix(judged.length, candidates.length, (row, column) => {
      const scores = set.labels.get(candidates[column]!)!.scores;
      return logit(neighbourMean(scores, nearest[row]!.subarray(0, count), means[column]!));
    });
  const scores = scoresOf(set, candidates, judged);
  const trials = neighbourCounts.map((count) => ({ count, logits: estimates(count) }));
  const lossOf = ({ logits }: { readonly logits: Matrix }): number =>
    crossEntropies(logits, scores).reduce((sum, loss) => sum + loss, 0);
  const best = trials.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
  const trunk: MemoryModel = {
    kind: "memory",
    dimension: features.dimension,
    neighbours: best.count,
    vectors,
    foldOfRow,
  };
  return {
    trunk,
    topics: undefined,
    adapters: candidates.map((name, column) => adapterOf(set, name, logTokens[column]!)),
    topicMeans: candidates.map(() => undefined),
    outOfFold: {
      rows: judged,
      scores,
      logTokens: logTokensOf(set, candidates, judged),
      logits: best.logits,
      topicQuality: createMatrix(judged.length, candidates.length, (row, column) =>
        sigmoid(best.logits.values[row * candidates.length + column]!),
      ),
      predictedLogTokens: createMatrix(judged.length, candidates.length, (row, column) =>
        neighbourMean(logTokens[column]!, nearest[row]!.subarray(0, best.count), tokenMeans[column]!),
      ),
    },
    epochs: [],
    topicTrials: [],
  };
}

function adapterOf(set: TrainingSet, name: string, logTokens: Float32Array): NeighbourAdapter {
  const labels = set.labels.get(name)!;
  const lengths = countLabels({ ...labels, scores: labels.outputTokens });
  return {
    kind: "neighbours",
    quality: labels.scores.map(Math.f16round),
    tokens: lengths >= minTokenLabels ? logTokens.map(Math.f16round) : undefined,
  };
}

/** For each judged row those nearest to it that are not of its fold, the nearest first. */
async function nearestOutOfFold(
  { vectors, dimension, foldOfRow }: Pick<MemoryModel, "vectors" | "dimension" | "foldOfRow">,
  judged: Uint32Array,
  onProgress: OnProgress,
): Promise<Int32Array[]> {
  const most = neighbourCounts.at(-1)!;
  const found: Int32Array[] = [];
  const similarity = new Float32Array(foldOfRow.length);
  for (const row of judged) {
    const own = vectors.subarray(row * dimension, (row + 1) * dimension);
    for (let other = 0; other < foldOfRow.length; other++) {
      let dot = 0;
      const from = other * dimension;
      for (let i = 0; i < dimension; i++) dot += own[i]! * vectors[from + i]!;
      similarity[other] = foldOfRow[other] === foldOfRow[row] ? Number.NEGATIVE_INFINITY : dot;
    }
    const order = Int32Array.from(similarity.keys()).toSorted((a, b) => similarity[b]! - similarity[a]!);
    found.push(order.slice(0, most));
    if (found.length % progressRows === 0 || found.length === judged.length) {
      onProgress({ stage: "find neighbours", done: found.length, total: judged.length });
      await new Promise(setImmediate);
    }
  }
  return found;
}

function tooMany(rows: number): IprError {
  return new IprError(
    status.INVALID_ARGUMENT,
    "INVALID_FIELD",
    `head knn remembers every prompt, at most ${maxRememberedRows}, but the data have ${rows}; use --head mlp`,
    { violations: [{ field: "head", description: `knn takes at most ${maxRememberedRows} prompts` }] },
  );
}
