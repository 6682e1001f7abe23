import {
  apgr,
  candidatePoints,
  type Figure,
  type Points,
  readerOf,
  staticFrontier,
  type Statistics,
} from "@ipr/evaluation";
import {
  type Chosen,
  type Evaluation,
  type PlotPoint,
  type Rule,
  type RuleEvaluation,
  targets,
} from "./evaluation.ts";
import { bestSetStatistics } from "./prediction-statistics.ts";
import { oracleCurve, referenceStatistics } from "./reference-statistics.ts";
import { type Measurement, measureInThreads, type Resampling } from "./resampling/measure-in-threads.ts";
import {
  type AppliedRule,
  applyRule,
  areaStatistics,
  chooseSettings,
  readTargets,
  type Reader,
  type Settings,
} from "./rule-statistics.ts";
import { type Means, meansOf, type Sample } from "./sample.ts";
import { judge, targetSentences } from "./verdict.ts";

export interface RoutingInput {
  readonly candidates: readonly string[];
  /** The prompts with a label of every candidate. */
  readonly evaluated: Sample;
  readonly routing: Routing;
  readonly seed: number;
  readonly resamples: number;
}

export interface Routing {
  /** The prompts that settings, means, reference and frontier come from. */
  readonly chosenOn: Sample;
  readonly chosen: Chosen;
  /** The candidate that quality and cost are compared with. */
  readonly reference: string;
  /** Tolerances that the bundle's own out-of-fold table chose, where it has them for this reference. */
  readonly tableSettings?: Settings | undefined;
}

/** Figures of routing alone. */
export type RoutingAssessment = Pick<
  Evaluation,
  "cheapest" | "reference" | "rules" | "references" | "apgr" | "verdict"
> & {
  readonly bestSet: Pick<Evaluation["prediction"], "topOne" | "bestSetF1">;
  readonly curves: Evaluation["plots"]["curves"];
};

/** What each rule, reference and verdict comes to. */
export async function assessRouting(
  input: RoutingInput,
  onResample: Resampling["onResample"],
): Promise<RoutingAssessment> {
  const { candidates, evaluated, routing, seed } = input;
  const { means, bestSingle, gate, utility, measurement } = planRouting(input);
  const { routing: figures } = await measureInThreads(
    { kind: "routing", input },
    { routing: measurement },
    { seed, onResample },
  );
  const rules = {
    gate: toRuleEvaluation(figures.rules.gate, gate),
    utility: toRuleEvaluation(figures.rules.utility, utility),
  };
  const apgrFigure = (figures.pair as { readonly apgr?: Figure }).apgr;
  return {
    cheapest: candidates[means.cheapest]!,
    reference: candidates[means.reference]!,
    rules,
    references: {
      ...figures.references,
      cheapest: { ...figures.references.cheapest, candidate: candidates[means.cheapest]! },
      reference: { ...figures.references.reference, candidate: candidates[means.reference]! },
      bestSingle: { ...figures.references.bestSingle, candidate: candidates[bestSingle]! },
    },
    ...(apgrFigure === undefined ? {} : { apgr: apgrFigure }),
    verdict: {
      ...judge({ gate: rules.gate.overFrontier, utility: rules.utility.overFrontier }, evaluated.scores.rows),
      atTargets: targetSentences(rules),
    },
    bestSet: figures.bestSet,
    curves: curvesOf(evaluated, routing.chosenOn, { gate: gate.applied, utility: utility.applied }),
  };
}

/** Everything that is the same in all resamples, and the statistics that are not. */
export function planRouting({ candidates, evaluated, routing, seed, resamples }: RoutingInput) {
  const { chosenOn } = routing;
  const means = { ...meansOf(chosenOn), reference: candidates.indexOf(routing.reference) };
  const singles = candidatePoints(evaluated);
  const read = readerOf(means.reference, evaluated);
  const bestSingle = meansOf(evaluated).reference;
  const references = referenceStatistics(evaluated, chosenOn, means, { singles, read, bestSingle, seed });
  const areas = { frontier: references.frontier.area, oracle: references.oracle.area };
  const gate = prepare("gate", evaluated, routing, { means, read, fromTable: routing.tableSettings });
  const utility = prepare("utility", evaluated, routing, { means, read });
  const pair = { weak: means.cheapest, strong: means.reference };
  const isPair = candidates.length === 2 && pair.weak !== pair.strong;
  const tree = {
    rules: {
      gate: { ...areaStatistics(gate.applied.curve, areas, singles, means), ...gate.readings },
      utility: { ...areaStatistics(utility.applied.curve, areas, singles, means), ...utility.readings },
    },
    references,
    bestSet: bestSetStatistics(evaluated),
    pair: isPair ? { apgr: apgr(evaluated.estimates, evaluated.scores, pair) } : {},
  } satisfies Statistics;
  const measurement: Measurement<typeof tree> = { shape: evaluated.scores, tree, resamples };
  return { means, bestSingle, gate, utility, measurement };
}

interface Prepared {
  readonly applied: AppliedRule;
  readonly settings: { readonly targets: Settings; readonly oracleTolerance: Settings };
  readonly readings: Readonly<Record<"targets" | "oracleTolerance", ReturnType<typeof readTargets>>>;
  readonly chosen: Chosen;
}

function prepare(
  rule: Rule,
  evaluated: Sample,
  { chosenOn, chosen }: Routing,
  {
    means,
    read,
    fromTable,
  }: { readonly means: Means; readonly read: Reader; readonly fromTable?: Settings | undefined },
): Prepared {
  const applied = applyRule(rule, evaluated, means);
  const settings = {
    targets: fromTable ?? chooseSettings(rule, chosenOn, means),
    oracleTolerance: chooseSettings(rule, evaluated, means),
  };
  return {
    applied,
    settings,
    readings: {
      targets: readTargets(applied, settings.targets, read, means),
      oracleTolerance: readTargets(applied, settings.oracleTolerance, read, means),
    },
    chosen: fromTable === undefined ? chosen : "out-of-fold",
  };
}

type RuleFigures = Omit<RuleEvaluation, "chosen" | "targets" | "oracleTolerance"> & {
  readonly [Name in "targets" | "oracleTolerance"]: Readonly<
    Record<(typeof targets)[number], { readonly qualityRatio: Figure; readonly saving: Figure }>
  >;
};

function toRuleEvaluation(figures: RuleFigures, { settings, chosen }: Prepared): RuleEvaluation {
  const withSettings = (name: "targets" | "oracleTolerance") =>
    Object.fromEntries(
      targets.map((target) => [
        target,
        { ...figures[name][target], setting: settings[name][target] ?? null },
      ]),
    ) as unknown as RuleEvaluation["targets"];
  return {
    ...figures,
    targets: withSettings("targets"),
    oracleTolerance: withSettings("oracleTolerance"),
    chosen,
  };
}

function curvesOf(
  evaluated: Sample,
  chosenOn: Sample,
  applied: Readonly<Record<Rule, AppliedRule>>,
): Evaluation["plots"]["curves"] {
  const ones = new Float64Array(evaluated.scores.rows).fill(1);
  const own = meansOf(evaluated);
  return {
    gate: toPoints(applied.gate.curve(ones)),
    utility: toPoints(applied.utility.curve(ones)),
    frontier: staticFrontier(meansOf(chosenOn)).map((candidate): PlotPoint => [
      own.costUsd[candidate]!,
      own.quality[candidate]!,
    ]),
    oracle: toPoints(oracleCurve(evaluated)(ones)),
  };
}

/** In the order of the settings: two of them may cost the same, and a line in order of cost would run to and fro. */
function toPoints({ costUsd, quality }: Points): readonly PlotPoint[] {
  return Array.from(costUsd, (cost, index): PlotPoint => [cost, quality[index]!]);
}
