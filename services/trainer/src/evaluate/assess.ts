import {
  apgr,
  candidatePoints,
  columnMeans,
  defaultResamples,
  type Figure,
  measure,
  type Points,
  readerOf,
  reliability,
  staticFrontier,
  type Statistics,
} from "@ipr/evaluation";
import { affordableResamples } from "./affordable-resamples.ts";
import {
  type Chosen,
  type Evaluation,
  type PlotPoint,
  type Rule,
  type RuleEvaluation,
  targets,
} from "./evaluation.ts";
import { notRouted } from "./not-routed.ts";
import { bestSetStatistics, predictionStatistics } from "./prediction-statistics.ts";
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
import { type Means, meansOf, rowsOfSample, type Sample } from "./sample.ts";
import { sourceStatistics } from "./source-statistics.ts";
import { judge, targetSentences } from "./verdict.ts";

export interface Assessed {
  readonly candidates: readonly string[];
  /** Prompts with a label of at least one candidate. */
  readonly measured: Sample;
  /** The positions of those with a label of every candidate; undefined where routing cannot be measured. */
  readonly routing: Routing | undefined;
  /** Mean score of each candidate on prompts that are not measured; the measured ones' mean where it is NaN. */
  readonly labelMeans: Float64Array;
  readonly seed: number;
  readonly resamples?: number | undefined;
  readonly onResample?: (done: number, total: number) => void;
}

export interface Routing {
  readonly rows: readonly number[];
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

export type Assessment = Pick<
  Evaluation,
  "resamples" | "prediction" | "perCandidate" | "perSource" | "plots"
> &
  Omit<RoutingAssessment, "bestSet" | "curves">;

/** Every figure of an evaluation, from numbers alone. */
export function assess(input: Assessed & { readonly notRouted?: string | undefined }): Assessment {
  const { candidates, measured, routing, seed, resamples = defaultResamples, onResample = () => {} } = input;
  const own = columnMeans(measured.scores);
  const labelMeans = input.labelMeans.map((mean, column) => (Number.isNaN(mean) ? own[column]! : mean));
  const { prediction, perCandidate } = predictionStatistics(measured, labelMeans);
  const bySource = sourceStatistics(measured, labelMeans);
  const total = routing === undefined ? resamples : 2 * resamples;
  const figures = measure(
    measured.scores.rows,
    {
      prediction,
      perCandidate: Object.fromEntries(candidates.map((name, index) => [name, perCandidate[index]!])),
    },
    { seed, resamples, onResample: (done) => onResample(done, total) },
  );
  const ofSources = measure(
    measured.scores.rows,
    { perSource: Object.fromEntries(bySource.map(({ name, statistics }) => [name, statistics])) },
    { seed, resamples: affordableResamples(measured.scores, resamples) },
  );
  const routed =
    routing === undefined
      ? notRouted(input)
      : assessRouting({ ...input, routing, onResample: (done) => onResample(resamples + done, total) });
  const { bestSet, curves, ...ofRouting } = routed;
  return {
    ...ofRouting,
    resamples,
    prediction: { ...figures.prediction, ...bestSet },
    perCandidate: figures.perCandidate,
    perSource: Object.fromEntries(
      bySource.map(({ name, rows }) => [name, { rows, ...ofSources.perSource[name]! }]),
    ),
    plots: { curves, ...candidatePlots(input) },
  };
}

type RoutingInput = Omit<Assessed, "routing"> & { readonly routing: Routing };

function assessRouting(input: RoutingInput): RoutingAssessment {
  const { candidates, routing, seed, resamples = defaultResamples, onResample } = input;
  const { chosenOn } = routing;
  const evaluated = rowsOfSample(input.measured, routing.rows);
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

  const statistics = {
    rules: {
      gate: { ...areaStatistics(gate.applied.curve, areas, singles, means), ...gate.readings },
      utility: { ...areaStatistics(utility.applied.curve, areas, singles, means), ...utility.readings },
    },
    references,
    bestSet: bestSetStatistics(evaluated),
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
    curves: curvesOf(evaluated, chosenOn, { gate: gate.applied, utility: utility.applied }),
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

/** Candidates stand where they are on the prompts of the curves. */
function candidatePlots({ candidates, measured, routing }: Assessed): Omit<Evaluation["plots"], "curves"> {
  const own = meansOf(routing === undefined ? measured : rowsOfSample(measured, routing.rows));
  return {
    candidates: Object.fromEntries(
      candidates.map((name, index) => [name, [own.costUsd[index]!, own.quality[index]!] as const]),
    ),
    reliability: reliability(measured.estimates, measured.scores),
  };
}

function toPoints({ costUsd, quality }: Points): readonly PlotPoint[] {
  return Array.from(costUsd, (cost, index): PlotPoint => [cost, quality[index]!]).toSorted(
    (a, b) => a[0] - b[0],
  );
}
