import type {
  Adapter,
  CandidateModel,
  Estimator,
  IdentityAdapter,
  LinearAdapter,
  MemoryModel,
  TopicModel,
} from "./bundle.ts";
import { extractFeatures } from "./features.ts";
import { createMemory, neighbourMean } from "./memory.ts";
import { applyPlatt, logit as logOdds, maxLogit, sigmoid } from "./platt.ts";
import { createTopicReader, mixTopics } from "./topics.ts";
import { createTrunk, gelu, type TrunkModel } from "./trunk.ts";

/** Half the width of a 90 % interval in standard deviations. */
const ninetyPercent = 1.645;

/** No answer is taken to be longer than this, whatever the head says. */
const maxOutputTokens = 1_000_000;

export interface PredictionRequest {
  /** The text that was encoded. */
  readonly text: string;
  readonly embedding: Float32Array;
  /** The candidates to estimate; all of the bundle when absent. Unknown ones are left out of the answer. */
  readonly candidates?: readonly string[];
}

export interface QualityEstimate {
  readonly candidate: string;
  /** Calibrated by the bundle, before any online calibration: sigmoid(logit). */
  readonly quality: number;
  /** The 90 % interval; see `createPredictor`. */
  readonly qualityLow: number;
  readonly qualityHigh: number;
  /** The estimate in log-odds, with the bundle's own calibration and before online calibration. */
  readonly logit: number;
  /** The mean answer length to expect; absent when the candidate's data have none. */
  readonly outputTokens?: number;
  /** Set for a candidate with so few labels that this is its mean, whatever the prompt: nothing is to be chosen by it. */
  readonly tooFewLabels?: true;
}

export interface QualityPredictor {
  /** The candidates it can estimate, in the order of the bundle. */
  readonly candidates: readonly string[];
  predict(request: PredictionRequest): QualityEstimate[];
}

/**
 * Predicts with a bundle's ensemble. Each fold's trunk and adapter give a logit, into which the topic mix, where there is
 * one, mixes the candidate's mean over the topics the prompt may have. Their mean, calibrated, is the estimate.
 *
 * The 90 % interval is for the expected quality of an answer to such a prompt, not for one answer, which is often 0 or 1.
 * In log-odds it is +-1.645 * sqrt(spread^2 + residual^2). `spread` is how far the folds disagree about this prompt;
 * `residual` is how far out-of-fold estimates of the candidate missed what was observed, bin by bin, sampling noise
 * included, so that few labels make it wide. A candidate with too few labels for an adapter has its mean, and a residual
 * as large as a typical prompt's distance from the mean.
 */
export function createPredictor(estimator: Estimator): QualityPredictor {
  const read = createReader(estimator);
  const byName = new Map(estimator.candidates.map((candidate) => [candidate.name, candidate]));

  return {
    candidates: [...byName.keys()],
    predict({ text, embedding, candidates }) {
      const reading = read(text, embedding);
      const wanted = candidates?.map((name) => byName.get(name)) ?? estimator.candidates;
      return wanted.flatMap((candidate) => (candidate === undefined ? [] : [estimate(candidate, reading)]));
    },
  };
}

/** What adapters read of one prompt. */
interface Reading {
  /** Hidden units of all folds, or nothing for a bundle that reads neighbours. */
  readonly hidden: Float32Array;
  readonly nearest: Int32Array;
  /** Probabilities of the topics by fold. */
  readonly topics: Float32Array;
  readonly topicWeight: number;
}

const nothing = { hidden: new Float32Array(0), nearest: new Int32Array(0) };

function createReader({ trunk, topics }: Estimator): (text: string, embedding: Float32Array) => Reading {
  if (trunk.kind === "memory") return memoryReader(trunk);
  return layerReader(trunk, topics);
}

function memoryReader(model: MemoryModel): (text: string, embedding: Float32Array) => Reading {
  const memory = createMemory(model);
  return (_, embedding) => {
    return { ...nothing, nearest: memory(embedding), topics: nothing.hidden, topicWeight: 0 };
  };
}

function layerReader(
  model: TrunkModel,
  topics: TopicModel | undefined,
): (text: string, embedding: Float32Array) => Reading {
  const trunk = createTrunk(model);
  const readTopics = topics && createTopicReader(topics, model.folds);
  const topicWeight = topics?.weight ?? 0;
  return (text, embedding) => {
    const { surface, ngrams } = extractFeatures(text);
    const hidden = trunk(embedding, surface, ngrams);
    return { ...nothing, hidden, topics: readTopics?.(hidden) ?? nothing.hidden, topicWeight };
  };
}

function estimate(candidate: CandidateModel, reading: Reading): QualityEstimate {
  const { name, calibration } = candidate;
  const { mean: raw, spread } = rawLogit(candidate, reading);
  const logit = clip(applyPlatt(raw, calibration));
  const half = ninetyPercent * Math.hypot(spread * calibration.slope, candidate.residual);
  return {
    candidate: name,
    quality: sigmoid(logit),
    qualityLow: sigmoid(logit - half),
    qualityHigh: sigmoid(logit + half),
    logit,
    ...outputTokensOf(candidate, reading),
    ...(candidate.adapter === undefined && { tooFewLabels: true }),
  };
}

interface FoldSummary {
  readonly mean: number;
  readonly spread: number;
}

function rawLogit(
  { adapter, topicMeans, meanLogit }: CandidateModel,
  { hidden, nearest, topics, topicWeight }: Reading,
): FoldSummary {
  if (adapter === undefined) return { mean: meanLogit, spread: 0 };
  if (adapter.kind === "neighbours") {
    return { mean: logOdds(neighbourMean(adapter.quality, nearest, sigmoid(meanLogit))), spread: 0 };
  }
  if (topicWeight === 0 || topicMeans === undefined) {
    return overFolds(adapter.folds, (fold) => headValue(adapter, "quality", fold, hidden));
  }
  return overFolds(adapter.folds, (fold) => {
    const quality = meanOverTopics(topics, topicMeans, fold, adapter.folds);
    return mixTopics(headValue(adapter, "quality", fold, hidden), quality, topicWeight);
  });
}

function outputTokensOf(
  { outputTokens, adapter }: CandidateModel,
  { hidden, nearest }: Reading,
): { outputTokens?: number } {
  if (outputTokens === undefined) return {};
  if (adapter?.tokens === undefined) return { outputTokens: outputTokens.mean };
  const logTokens = logTokensOf(adapter, adapter.tokens, { hidden, nearest, mean: outputTokens.mean });
  return { outputTokens: Math.min(maxOutputTokens, Math.max(0, Math.expm1(logTokens)) * outputTokens.scale) };
}

function logTokensOf(
  adapter: Adapter,
  tokens: Float32Array,
  { hidden, nearest, mean }: Pick<Reading, "hidden" | "nearest"> & { readonly mean: number },
): number {
  if (adapter.kind === "neighbours") return neighbourMean(tokens, nearest, Math.log1p(mean));
  return overFolds(adapter.folds, (fold) => headValue(adapter, "tokens", fold, hidden)).mean;
}

/** One fold's head on its own part of the hidden layer. A head is `folds` rows of hidden weights and a bias. */
function headValue(
  adapter: LinearAdapter | IdentityAdapter,
  which: "quality" | "tokens",
  fold: number,
  hidden: Float32Array,
): number {
  const head = adapter[which]!;
  const units = hidden.length / adapter.folds;
  const weights = fold * (units + 1);
  const activations = fold * units;
  let value = head[weights + units]!;
  if (adapter.kind === "identity") {
    const { shift } = adapter;
    for (let i = 0; i < units; i++) {
      value += head[weights + i]! * gelu(hidden[activations + i]! + shift[activations + i]!);
    }
    return value;
  }
  for (let i = 0; i < units; i++) value += head[weights + i]! * hidden[activations + i]!;
  return value;
}

function meanOverTopics(posterior: Float32Array, means: Float32Array, fold: number, folds: number): number {
  const topics = posterior.length / folds;
  const from = fold * topics;
  let quality = 0;
  for (let topic = 0; topic < topics; topic++) quality += posterior[from + topic]! * means[from + topic]!;
  return quality;
}

/** The mean of the folds' values, and the standard deviation of one more. */
function overFolds(folds: number, valueOf: (fold: number) => number): FoldSummary {
  let sum = 0;
  let squares = 0;
  for (let fold = 0; fold < folds; fold++) {
    const value = valueOf(fold);
    sum += value;
    squares += value * value;
  }
  const mean = sum / folds;
  if (folds === 1) return { mean, spread: 0 };
  const variance = Math.max(0, squares - folds * mean * mean) / (folds - 1);
  return { mean, spread: Math.sqrt(variance * (1 + 1 / folds)) };
}

function clip(value: number): number {
  return Math.max(-maxLogit, Math.min(maxLogit, value));
}
