import { sigmoid, type TopicModel } from "@ipr/estimator";
import { cell, createMatrix, type Matrix } from "@ipr/evaluation";
import type { OnProgress } from "../progress.ts";
import { type OutOfFold, outputTokensOf } from "./assemble.ts";
import { assembleAdapter, assembleTopicMeans, assembleTopics, assembleTrunk } from "./assemble-network.ts";
import { fitEnsemble } from "./fit-ensemble.ts";
import type { FitInput, FittedEstimator } from "./fitted-estimator.ts";
import { poolSample, type PoolSample } from "./pool-sample.ts";
import { labelledRows } from "./rows.ts";
import { chooseTopicWeight, mixedLogits, type TopicTrial, tryTopicWeights } from "./topic-mix.ts";

/** The ensemble of networks, with a topic mix where its heads allow one and out-of-fold estimates ask for it. */
export async function fitNetwork(input: FitInput, onProgress: OnProgress): Promise<FittedEstimator> {
  const { set, candidates, features, surface, options } = input;
  const ensemble = await fitEnsemble(set, candidates, features, options, onProgress);
  const { weights, outOfFold, tokenScales } = ensemble;
  const trials: readonly TopicTrial[] =
    ensemble.topics.names.length === 1
      ? []
      : tryTopicWeights(outOfFold, (logits) => sampleOf({ ...outOfFold, logits }, input));
  const weight = chooseTopicWeight(trials);
  const topics: TopicModel | undefined =
    weight === 0 ? undefined : assembleTopics(weights, ensemble.topics.names, weight);
  return {
    trunk: assembleTrunk(weights, {
      activation: options.heads === "identity" ? "none" : "gelu",
      dimension: features.dimension,
      hidden: options.hyperparameters.hidden,
      surface,
    }),
    topics,
    adapters: candidates.map((_, candidate) =>
      assembleAdapter(weights, {
        heads: options.heads,
        candidate,
        candidates: candidates.length,
        tokens: tokenScales[candidate]!,
      }),
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
