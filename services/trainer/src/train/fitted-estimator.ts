import type { Adapter, Estimator, TrunkModel } from "@ipr/estimator";
import type { Prices } from "../evaluate/read-prices.ts";
import type { OutOfFold } from "./assemble.ts";
import type { FeatureTable } from "./feature-table.ts";
import type { EnsembleOptions } from "./fit-ensemble.ts";
import type { TopicTrial } from "./topic-mix.ts";
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
