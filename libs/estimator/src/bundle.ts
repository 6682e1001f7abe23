import type { Manifest } from "./manifest.ts";
import type { Platt } from "./platt.ts";
import type { PromptDigests } from "./trained-on.ts";
import type { TrunkModel } from "./trunk.ts";

/** With fewer labels than this a candidate is predicted by its mean alone. */
export const minAdapterLabels = 100;

/** A trained estimator in memory. `loadBundle` reads one, `writeBundle` stores one. */
export interface Bundle extends Estimator {
  readonly manifest: Manifest;
  readonly toleranceTable: ToleranceTable | undefined;
  /** The prompts of train and val: on these it must not be measured. */
  readonly trainedOn: PromptDigests;
}

/** All that estimates depend on. */
export interface Estimator {
  readonly trunk: TrunkModel | MemoryModel;
  /** The topic mix; absent where out-of-fold data did not ask for one. */
  readonly topics: TopicModel | undefined;
  readonly candidates: readonly CandidateModel[];
}

/** All that is known of one candidate: everything its estimates depend on beside the trunk. */
export interface CandidateModel {
  readonly name: string;
  /** How many labels of train and val it was fitted on. */
  readonly labels: number;
  /**
   * `jointly` with the trunk; or `added` later to a trunk that stays as it is. Either way each fold leaves its own rows
   * out.
   */
  readonly fitted: "jointly" | "added";
  /** Log-odds of its mean quality over those. */
  readonly meanLogit: number;
  /** What it reads from the trunk; absent below `minAdapterLabels` labels. */
  readonly adapter: Adapter | undefined;
  /** Its mean quality by fold and topic, where the bundle mixes topics in. */
  readonly topicMeans: Float32Array | undefined;
  /** Maps the raw logit to the estimate; identity unless out-of-fold data say otherwise. */
  readonly calibration: Platt;
  /** How far estimates miss, in log-odds (a standard deviation); see `createPredictor`. */
  readonly residual: number;
  readonly outputTokens: OutputTokens | undefined;
}

export type Adapter = LinearAdapter | IdentityAdapter | NeighbourAdapter;

/** Heads on the hidden layer: for each fold its hidden weights, then a bias. */
export interface LinearAdapter {
  readonly kind: "linear";
  readonly folds: number;
  readonly quality: Float32Array;
  /** Predicts log(1 + output tokens); absent when too few answers have a length. */
  readonly tokens: Float32Array | undefined;
}

/**
 * The paper's head (arXiv 2509.06274, section 3): the candidate's identity joins the prompt before the hidden layer. Its
 * contribution there, `shift`, is stored for each fold's hidden units; the heads are as those of a linear adapter.
 */
export interface IdentityAdapter extends Omit<LinearAdapter, "kind"> {
  readonly kind: "identity";
  readonly shift: Float32Array;
}

/** Its labels on the prompts of a `MemoryModel`, in their order; NaN where there is none. */
export interface NeighbourAdapter {
  readonly kind: "neighbours";
  readonly quality: Float32Array;
  /** log(1 + output tokens). */
  readonly tokens: Float32Array | undefined;
}

/** The prompts that nearest neighbours are looked up in. */
export interface MemoryModel {
  readonly kind: "memory";
  readonly dimension: number;
  /** How many neighbours are read. */
  readonly neighbours: number;
  /** Vectors of unit length, row by row. */
  readonly vectors: Float32Array;
  /** The fold that each prompt is held out of. */
  readonly foldOfRow: Uint8Array;
}

/**
 * What kind of prompt it is: for each fold and topic the hidden weights and a bias of a softmax. An estimate is
 * `(1 - weight)` of the candidate's head and `weight` of its mean over the topics that the prompt may have.
 */
export interface TopicModel {
  readonly names: readonly string[];
  readonly weight: number;
  readonly heads: Float32Array;
}

/** How long a candidate's answers are. */
export interface OutputTokens {
  readonly labels: number;
  readonly mean: number;
  /** The head predicts a median; times this it has the mean of what was observed. */
  readonly scale: number;
}

/** What the settings of both routing rules did, out of fold, on prompts that have the labels of the whole pool. */
export interface ToleranceTable {
  readonly pool: readonly string[];
  readonly reference: string;
  readonly rows: number;
  readonly points: readonly TolerancePoint[];
  /** The utility rule, by rising price weight. */
  readonly priceWeights: readonly PriceWeightPoint[];
}

export interface TolerancePoint extends RoutingPoint {
  readonly tolerance: number;
}

export interface PriceWeightPoint extends RoutingPoint {
  /** What a US dollar counts beside a quality of 1. */
  readonly lambda: number;
}

export interface RoutingPoint {
  /** Mean quality of the choices over mean quality of the reference. */
  readonly qualityRatio: number;
  /** 1 - mean cost of the choices / mean cost of the reference. */
  readonly saving: number;
}
