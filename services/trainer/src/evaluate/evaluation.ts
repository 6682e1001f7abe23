import type { Figure, ReliabilityBin } from "@ipr/evaluation";

/** Quality targets as shares of the reference's quality, as they are named in the output. */
export const targets = ["1.00", "0.99", "0.97", "0.95"] as const;
export type Target = (typeof targets)[number];

/** What a setting, chosen for a target on other prompts, reached on the evaluated ones. */
export interface TargetReading {
  readonly qualityRatio: Figure;
  readonly saving: Figure;
  /** Tolerance (gate) or price weight in 1/USD (utility); null where only the reference itself met the target. */
  readonly setting: number | null;
}

/**
 * Which prompts chose the settings: rows that the estimator had not seen (`out-of-fold`, by the bundle's own table),
 * rows it was trained on (`in-sample`, optimistic: expect to fall short of the target), or, where there were no
 * others, the evaluated rows themselves (`evaluated-rows`).
 */
export type Chosen = "out-of-fold" | "in-sample" | "evaluated-rows";

export interface RuleEvaluation {
  readonly area: Figure;
  /** 0.5 is random mixing, 1 the per-prompt oracle. */
  readonly rescaled: Figure;
  /** Area under the non-decreasing concave envelope: two settings may share the traffic. */
  readonly envelope: Figure;
  /** Area minus the static frontier's, on the same resamples. */
  readonly overFrontier: Figure;
  readonly targets: Readonly<Record<Target, TargetReading>>;
  /** The same with the setting chosen on the evaluated rows: what hindsight reaches, never the result. */
  readonly oracleTolerance: Readonly<Record<Target, TargetReading>>;
  readonly chosen: Chosen;
}

/** A policy without the estimator. One that is a single point has its quality ratio and saving. */
export interface ReferenceRow {
  readonly area: Figure;
  readonly qualityRatio?: Figure;
  readonly saving?: Figure;
  readonly targets?: Readonly<Record<Target, { readonly qualityRatio: Figure; readonly saving: Figure }>>;
  readonly r2?: Figure;
  readonly auc?: Figure;
  readonly candidate?: string;
}

export const referenceNames = [
  "random",
  "cheapest",
  "reference",
  "bestSingle",
  "frontier",
  "source",
  "shuffled",
  "oracle",
] as const;
export type ReferenceName = (typeof referenceNames)[number];

export interface CandidateEvaluation {
  readonly quality: Figure;
  readonly costUsd: Figure;
  readonly estimate: Figure;
  readonly auc: Figure;
  readonly withinSourceAuc: Figure;
  readonly ece: Figure;
  readonly mae: Figure;
}

export type Conclusion = "beats" | "does-not-beat" | "cannot-be-told" | "nothing-to-route" | "not-measured";

export interface Verdict {
  /** Whether routing beats the static frontier, by the interval of the difference in area. */
  readonly conclusion: Conclusion;
  readonly rules: Readonly<Record<Rule, Conclusion>>;
  readonly text: string;
  /** What each rule reached at each target, in words; empty where routing was not measured. */
  readonly atTargets: readonly string[];
}

export const rules = ["gate", "utility"] as const;
export type Rule = (typeof rules)[number];

export type PlotPoint = readonly [costUsd: number, quality: number];

export const costBeliefs = ["predicted", "mean"] as const;
/** What a rule believes an answer costs: by its predicted length, or the candidate's mean for every prompt. */
export type CostBelief = (typeof costBeliefs)[number];

/** How good some estimates are at a task of their own: a row of the controls. */
export interface ControlRow {
  readonly r2: Figure;
  readonly auc: Figure;
  readonly withinSourceAuc: Figure;
  readonly ece: Figure;
  readonly mae: Figure;
  readonly topOne: Figure;
  readonly bestSetF1: Figure;
  readonly gateArea: Figure;
  readonly utilityArea: Figure;
}

/** One group of sources: estimates of a ridge that was trained on it too, and of one that was not. */
export interface GroupRow {
  readonly rows: number;
  readonly sources: readonly string[];
  readonly within: ControlRow;
  readonly without: ControlRow;
  /** What the other groups' means alone reach. */
  readonly constantR2: Figure;
}

/** With fewer measured prompts than this a group's own figures would be guesses. */
export const minGroupRows = 20;

/**
 * What is left of an estimator without labels, without features, and on kinds of prompts it was not trained on. Measured
 * with a ridge regression on the same embedding and surface numbers in the place of the bundle's own head: compare the
 * rows with each other, not with the bundle.
 */
export interface Controls {
  readonly resamples: number;
  /** How often the labels were shuffled. */
  readonly shuffles: number;
  readonly trainingRows: number;
  /** Of so many rows the training rows were drawn; the same number where all were used. */
  readonly trainingRowsOf: number;
  readonly rows: number;
  /** What the groups are: sources, what stands before the slash in them, or clusters of prompts or sources. */
  readonly groupedBy: "source" | "source prefix" | "clusters of sources" | "clusters of prompts";
  /** The ridge trained on all groups: what the other rows are compared with. */
  readonly ridge: ControlRow;
  /** Each prompt estimated by a ridge that was trained without its group. */
  readonly withoutGroup: ControlRow;
  /** What the other groups' means alone reach. */
  readonly constantWithoutGroupR2: Figure;
  readonly shuffledLabels: ControlRow;
  readonly randomFeatures: ControlRow;
  readonly groups: Readonly<Record<string, GroupRow>>;
}

/** The bundle's own estimates of one source. */
export interface SourceRow {
  readonly rows: number;
  readonly quality: Figure;
  readonly estimate: Figure;
  readonly r2: Figure;
  readonly auc: Figure;
  readonly ece: Figure;
  readonly mae: Figure;
}

/** What `ipr evaluate` prints. A figure that the data do not define is NaN here and null in JSON. */
export interface Evaluation {
  /** Prompts with a label: those that estimates are measured on. */
  readonly rows: number;
  /** Those of them with a label of every candidate: routing is measured on them. */
  readonly routedRows: number;
  readonly candidates: readonly string[];
  readonly bundle: string;
  readonly data: readonly string[];
  readonly split: string;
  readonly seed: number;
  readonly resamples: number;
  readonly cheapest: string;
  readonly reference: string;
  /** Where the reference comes from: a router of the registry, or the best mean quality. */
  readonly referenceOrigin: string;
  readonly prediction: {
    readonly r2: Figure;
    readonly auc: Figure;
    readonly ece: Figure;
    readonly mae: Figure;
    readonly withinSourceAuc: Figure;
    readonly topOne: Figure;
    readonly bestSetF1: Figure;
  };
  readonly perCandidate: Readonly<Record<string, CandidateEvaluation>>;
  readonly rules: Readonly<Record<Rule, RuleEvaluation>>;
  readonly references: Readonly<Record<ReferenceName, ReferenceRow>>;
  /** For a pool of two. */
  readonly apgr?: Figure;
  readonly verdict: Verdict;
  readonly excludedCandidates: readonly Exclusion[];
  readonly excludedRows: readonly { readonly reason: string; readonly rows: number }[];
  readonly notes: readonly string[];
  /** Controls that were not run, with the reason. */
  readonly notRun: readonly string[];
  readonly costs: CostBelief;
  /** Why there are no routing figures, where there are none: they are then all undefined. */
  readonly routingNotMeasured?: string;
  /** By source of the prompts, the largest first; empty where the data name none. */
  readonly perSource: Readonly<Record<string, SourceRow>>;
  /** Of so many resamples the intervals of `perSource` are. */
  readonly perSourceResamples: number;
  /** Rows that settings, means, reference and frontier come from, and of how many they were drawn. */
  readonly chosenOn: { readonly rows: number; readonly of: number };
  readonly controls?: Controls;
  /** Further pools, each measured for itself. */
  readonly pools?: readonly PoolEvaluation[];
  readonly plots: {
    readonly curves: Readonly<Record<Rule | "frontier" | "oracle", readonly PlotPoint[]>>;
    readonly candidates: Readonly<Record<string, PlotPoint>>;
    readonly reliability: readonly ReliabilityBin[];
  };
}

/** A further pool's figures, without those that are the whole evaluation's. */
export type PoolEvaluation = Omit<
  Evaluation,
  "bundle" | "data" | "split" | "seed" | "controls" | "pools" | "notRun"
>;

export interface Exclusion {
  readonly name: string;
  readonly reason: string;
}
