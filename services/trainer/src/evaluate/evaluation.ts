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

export type Conclusion = "beats" | "does-not-beat" | "cannot-be-told" | "nothing-to-route";

export interface Verdict {
  /** Whether routing beats the static frontier, by the interval of the difference in area. */
  readonly conclusion: Conclusion;
  readonly rules: Readonly<Record<Rule, Conclusion>>;
  readonly text: string;
}

export const rules = ["gate", "utility"] as const;
export type Rule = (typeof rules)[number];

export type PlotPoint = readonly [costUsd: number, quality: number];

/** What `ipr evaluate` prints. A figure that the data do not define is NaN here and null in JSON. */
export interface Evaluation {
  readonly rows: number;
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
  /** Controls of a full report that need training runs of their own. */
  readonly notRun: readonly string[];
  readonly plots: {
    readonly curves: Readonly<Record<Rule | "frontier" | "oracle", readonly PlotPoint[]>>;
    readonly candidates: Readonly<Record<string, PlotPoint>>;
    readonly reliability: readonly ReliabilityBin[];
  };
}

export interface Exclusion {
  readonly name: string;
  readonly reason: string;
}
