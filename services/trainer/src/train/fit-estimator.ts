import { type Adapter, type Estimator, sigmoid, type TopicModel, type TrunkModel } from "@ipr/estimator";
import { cell, createMatrix, type Matrix } from "@ipr/evaluation";
import type { Prices } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { type OutOfFold, outputTokensOf } from "./assemble.ts";
import { assembleAdapter, assembleTopicMeans, assembleTopics, assembleTrunk } from "./assemble-network.ts";
import { type EnsembleOptions, fitEnsemble } from "./fit-ensemble.ts";
import type { FeatureTable } from "./feature-table.ts";
import { poolSample, type PoolSample } from "./pool-sample.ts";
import { labelledRows } from "./rows.ts";
import { chooseTopicWeight, mixedLogits, type TopicTrial, tryTopicWeights } from "./topic-mix.ts";
import type { TrainingSet } from "./training-set.ts";

/** What is fitted, before it is described candidate by candidate. */
export interface FittedEstimator extends Pick<Estimator, "trunk" | "topics"> {
  /** By candidate, as are the topic means. */
  readonly adapters: readonly Adapter[];
  readonly topicMeans: readonly (Float32Array | undefined)[];
  /** With the logits that the estimator gives, topics mixed in. */
  readonly outOfFold: OutOfFold;
  /** Best epoch of each fold. */
  readonly epochs: readonly number[];
  /** What each share of the topic mix did out of fold; empty for a head without one. */
  readonly topicTrials: readonly TopicTrial[];
}

export interface FitInput {
  readonly set: TrainingSet;
  /** Those that get an adapter. */
  readonly candidates: readonly string[];
  readonly features: FeatureTable;
  /** How surface numbers are standardised. */
  readonly surface: TrunkModel["surface"];
  readonly prices: Prices;
  readonly options: EnsembleOptions;
}

/** Fits the default head: the ensemble of networks, with a topic mix where out-of-fold estimates ask for one. */
export async function fitEstimator(input: FitInput, onProgress: OnProgress): Promise<FittedEstimator> {
  const { set, candidates, features, surface, options } = input;
  const ensemble = await fitEnsemble(set, candidates, features, options, onProgress);
  const { weights, outOfFold, tokenScales } = ensemble;
  const trials = tryTopicWeights(outOfFold, (logits) => sampleOf({ ...outOfFold, logits }, input));
  const weight = chooseTopicWeight(trials);
  const topics: TopicModel | undefined =
    weight === 0 ? undefined : assembleTopics(weights, ensemble.topics.names, weight);
  return {
    trunk: assembleTrunk(weights, {
      dimension: features.dimension,
      hidden: options.hyperparameters.hidden,
      surface,
    }),
    topics,
    adapters: candidates.map((_, candidate) =>
      assembleAdapter(weights, { candidate, candidates: candidates.length, tokens: tokenScales[candidate]! }),
    ),
    topicMeans: candidates.map(
      (_, candidate) => topics && assembleTopicMeans(ensemble.topicMeans, candidate, topics.names.length),
    ),
    outOfFold: { ...outOfFold, logits: mixedLogits(outOfFold, weight) },
    epochs: ensemble.epochs,
    topicTrials: trials,
  };
}

/** What routing between the candidates would have done by some out-of-fold estimates, before any calibration. */
function sampleOf(outOfFold: OutOfFold, { set, candidates, prices }: FitInput): PoolSample | string {
  const { logits, predictedLogTokens, rows } = outOfFold;
  const lengths = candidates.map((_, column) => outputTokensOf(column, outOfFold));
  const tokens = (row: number, column: number): number =>
    Math.max(0, Math.expm1(cell(predictedLogTokens, row, column))) * (lengths[column]?.scale ?? Number.NaN);
  const of = (valueOf: (row: number, column: number) => number): Matrix =>
    createMatrix(logits.rows, logits.columns, valueOf);
  return poolSample(
    {
      pool: candidates,
      prompts: labelledRows(set, rows, candidates),
      quality: of((row, column) => sigmoid(cell(logits, row, column))),
      outputTokens: of(tokens),
    },
    prices,
  );
}
