/** A rarer draw counts for more, but never for more than this many certain ones. */
export const maxWeight = 20;
/** Estimates beyond this are as good as certain, and would only strain the arithmetic. */
const maxAbsoluteLogit = 30;

/** A decision as it was recorded. */
export interface RecordedDecision {
  readonly decisionId: string;
  readonly tenant: string;
  readonly bundle: string;
  /** The candidate that was chosen. */
  readonly model: string;
  readonly actions: readonly {
    readonly candidate: string;
    readonly logit?: number | undefined;
    readonly propensity: number;
  }[];
}

/** What of a decision recalibration learns from. */
export interface Choice {
  readonly decisionId: string;
  readonly tenant: string;
  readonly bundle: string;
  readonly candidate: string;
  readonly logit: number;
  readonly weight: number;
}

/** A decision that nothing can be learned from, because its candidate had no estimate; its feedback need not wait. */
export type UnusableChoice = Pick<Choice, "decisionId" | "tenant">;

/** The candidate that was chosen is the one the feedback is about; the others' answers nobody saw. */
export function choiceOf(decision: RecordedDecision): Choice | UnusableChoice {
  const { decisionId, tenant, bundle, model } = decision;
  const action = decision.actions.find(({ candidate }) => candidate === model);
  if (bundle === "" || action?.logit === undefined || !Number.isFinite(action.logit)) {
    return { decisionId, tenant };
  }
  return {
    decisionId,
    tenant,
    bundle,
    candidate: model,
    logit: Math.min(Math.max(action.logit, -maxAbsoluteLogit), maxAbsoluteLogit),
    weight: weightOf(action.propensity),
  };
}

export function isUsable(choice: Choice | UnusableChoice): choice is Choice {
  return "bundle" in choice;
}

/** 1 / propensity, clipped. A propensity that is none counts as certain: the candidate did answer. */
function weightOf(propensity: number): number {
  if (!(propensity > 0 && propensity <= 1)) return 1;
  return Math.min(1 / propensity, maxWeight);
}
