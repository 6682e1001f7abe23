import type { Figure } from "@ipr/evaluation";
import type { RoutingAssessment } from "./assess-routing.ts";
import { type ReferenceName, referenceNames, type RuleEvaluation, targets } from "./evaluation.ts";
import { notJudged } from "./verdict.ts";

const undefinedFigure: Figure = { value: Number.NaN, low: Number.NaN, high: Number.NaN };

/** All figures of routing undefined, so that whoever reads the JSON finds the same keys. */
export function notRouted({
  notRouted: reason,
}: {
  readonly notRouted?: string | undefined;
}): RoutingAssessment {
  const reference = { area: undefinedFigure };
  return {
    cheapest: "",
    reference: "",
    rules: { gate: unmeasuredRule, utility: unmeasuredRule },
    references: Object.fromEntries(referenceNames.map((name) => [name, reference])) as Record<
      ReferenceName,
      typeof reference
    >,
    verdict: notJudged(reason ?? "there is nothing to route between"),
    bestSet: { topOne: undefinedFigure, bestSetF1: undefinedFigure },
    curves: { gate: [], utility: [], frontier: [], oracle: [] },
  };
}

const unmeasuredReading = { qualityRatio: undefinedFigure, saving: undefinedFigure, setting: null };
const unmeasuredTargets = Object.fromEntries(
  targets.map((target) => [target, unmeasuredReading]),
) as unknown as RuleEvaluation["targets"];
const unmeasuredRule: RuleEvaluation = {
  area: undefinedFigure,
  rescaled: undefinedFigure,
  envelope: undefinedFigure,
  overFrontier: undefinedFigure,
  targets: unmeasuredTargets,
  oracleTolerance: unmeasuredTargets,
  chosen: "evaluated-rows",
};
