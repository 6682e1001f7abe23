import type { Manifest } from "./manifest.ts";
import type { Platt } from "./platt.ts";
import type { PromptDigests } from "./trained-on.ts";
import type { TrunkModel } from "./trunk.ts";

/** With fewer labels than this a candidate is predicted by its mean alone. */
export const minAdapterLabels = 100;

/** A trained estimator in memory. `loadBundle` reads one, `writeBundle` stores one. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly trunk: TrunkModel;
  readonly candidates: readonly CandidateModel[];
  readonly toleranceTable: ToleranceTable | undefined;
  /** The prompts of train and val: on these it must not be measured. */
  readonly trainedOn: PromptDigests;
}

/** All that is known of one candidate: everything its estimates depend on beside the trunk. */
export interface CandidateModel {
  readonly name: string;
  /** How many labels of train and val it was fitted on. */
  readonly labels: number;
  /** Log-odds of its mean quality over those. */
  readonly meanLogit: number;
  /** The heads; absent below `minAdapterLabels` labels. */
  readonly adapter: Adapter | undefined;
  /** Maps the heads' logit to the estimate; identity unless out-of-fold data say otherwise. */
  readonly calibration: Platt;
  /** How far estimates miss, in log-odds (a standard deviation); see `createPredictor`. */
  readonly residual: number;
  readonly outputTokens: OutputTokens | undefined;
}

/** Heads on the hidden layer: for each fold its hidden weights, then a bias. */
export interface Adapter {
  readonly folds: number;
  readonly quality: Float32Array;
  /** Predicts log(1 + output tokens); absent when too few answers have a length. */
  readonly tokens: Float32Array | undefined;
}

/** How long a candidate's answers are. */
export interface OutputTokens {
  readonly labels: number;
  readonly mean: number;
  /** The head predicts a median; times this it has the mean of what was observed. */
  readonly scale: number;
}

/** What tolerances did, out of fold, on prompts that have the labels of the whole pool. */
export interface ToleranceTable {
  readonly pool: readonly string[];
  readonly reference: string;
  readonly rows: number;
  readonly points: readonly TolerancePoint[];
}

export interface TolerancePoint {
  readonly tolerance: number;
  /** Mean quality of the choices over mean quality of the reference. */
  readonly qualityRatio: number;
  /** 1 - mean cost of the choices / mean cost of the reference. */
  readonly saving: number;
}
