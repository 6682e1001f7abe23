import {
  apgr,
  candidatePoints,
  defaultResamples,
  type Figure,
  measure,
  type Points,
  readerOf,
  reliability,
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
import { predictionStatistics } from "./prediction-statistics.ts";
import { oracleCurve, referenceStatistics } from "./reference-statistics.ts";
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
import { judge } from "./verdict.ts";

export interface Assessed {
  readonly candidates: readonly string[];
  readonly evaluated: Sample;
  /** The prompts that settings, means, reference and frontier come from. */
  readonly chosenOn: Sample;
  readonly chosen: Chosen;
  /** The candidate that quality and cost are compared with. */
  readonly reference: string;
  /** Tolerances that the bundle's own out-of-fold table chose, where it has them for this reference. */
  readonly tableSettings?: ((reference: string) => Settings | undefined) | undefined;
  readonly seed: number;
  readonly resamples?: number | undefined;
  readonly onResample?: (done: number, total: number) => void;
}

export type Assessment = Pick<
  Evaluation,
  | "cheapest"
  | "reference"
  | "resamples"
  | "prediction"
  | "perCandidate"
  | "rules"
  | "references"
  | "apgr"
  | "verdict"
  | "plots"
>;

/** Every figure of an evaluation, from numbers alone. */
export function assess(input: Assessed): Assessment {
  const { candidates, evaluated, chosenOn, seed, resamples = defaultResamples } = input;
  const means = { ...meansOf(chosenOn), reference: candidates.indexOf(input.reference) };
  const singles = candidatePoints(evaluated);
  const read = readerOf(means.reference, evaluated);
  const bestSingle = meansOf(evaluated).reference;
  const { perCandidate, prediction } = predictionStatistics(evaluated, means, singles);
  const references = referenceStatistics(evaluated, chosenOn, means, { singles, read, bestSingle, seed });
  const areas = { frontier: references.frontier.area, oracle: references.oracle.area };
  const gate = prepare("gate", input, { means, read }, input.tableSettings?.(candidates[means.reference]!));
  const utility = prepare("utility", input, { means, read });
  const pair = { weak: means.cheapest, strong: means.reference };
  const isPair = candidates.length === 2 && pair.weak !== pair.strong;

  const { onResample } = input;
  const statistics = {
    prediction,
    perCandidate: Object.fromEntries(candidates.map((name, index) => [name, perCandidate[index]!])),
    rules: {
      gate: { ...areaStatistics(gate.applied.curve, areas, singles, means), ...gate.readings },
      utility: { ...areaStatistics(utility.applied.curve, areas, singles, means), ...utility.readings },
    },
    references,
    pair: isPair ? { apgr: apgr(evaluated.estimates, evaluated.scores, pair) } : {},
  } satisfies Statistics;
  const figures = measure(evaluated.scores.rows, statistics, {
    seed,
    resamples,
    ...(onResample === undefined ? {} : { onResample }),
  });

  const rules = {
    gate: toRuleEvaluation(figures.rules.gate, gate),
    utility: toRuleEvaluation(figures.rules.utility, utility),
  };
  const apgrFigure = (figures.pair as { readonly apgr?: Figure }).apgr;
  return {
    resamples,
    cheapest: candidates[means.cheapest]!,
    reference: candidates[means.reference]!,
    prediction: figures.prediction,
    perCandidate: figures.perCandidate,
    rules,
    references: {
      ...figures.references,
      cheapest: { ...figures.references.cheapest, candidate: candidates[means.cheapest]! },
      reference: { ...figures.references.reference, candidate: candidates[means.reference]! },
      bestSingle: { ...figures.references.bestSingle, candidate: candidates[bestSingle]! },
    },
    ...(apgrFigure === undefined ? {} : { apgr: apgrFigure }),
    verdict: judge(
      { gate: rules.gate.overFrontier, utility: rules.utility.overFrontier },
      evaluated.scores.rows,
    ),
    plots: toPlots(input, { gate: gate.applied, utility: utility.applied }),
  };
}

interface Prepared {
  readonly applied: AppliedRule;
  readonly settings: { readonly targets: Settings; readonly oracleTolerance: Settings };
  readonly readings: Readonly<Record<"targets" | "oracleTolerance", ReturnType<typeof readTargets>>>;
  readonly chosen: Chosen;
}

function prepare(
  rule: Rule,
  { evaluated, chosenOn, chosen }: Assessed,
  { means, read }: { readonly means: Means; readonly read: Reader },
  fromTable?: Settings,
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

function toPlots(
  { candidates, evaluated, chosenOn }: Assessed,
  applied: Readonly<Record<Rule, AppliedRule>>,
): Evaluation["plots"] {
  const ones = new Float64Array(evaluated.scores.rows).fill(1);
  const own = meansOf(evaluated);
  const single = (candidate: number): PlotPoint => [own.costUsd[candidate]!, own.quality[candidate]!];
  return {
    curves: {
      gate: toPoints(applied.gate.curve(ones)),
      utility: toPoints(applied.utility.curve(ones)),
      frontier: staticFrontier(meansOf(chosenOn)).map(single),
      oracle: toPoints(oracleCurve(evaluated)(ones)),
    },
    candidates: Object.fromEntries(candidates.map((name, index) => [name, single(index)])),
    reliability: reliability(evaluated.estimates, evaluated.scores),
  };
}

function toPoints({ costUsd, quality }: Points): readonly PlotPoint[] {
  return Array.from(costUsd, (cost, index): PlotPoint => [cost, quality[index]!]).toSorted(
    (a, b) => a[0] - b[0],
  );
}
