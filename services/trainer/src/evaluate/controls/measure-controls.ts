import {
  areaOf,
  candidatePoints,
  defaultResamples,
  type Matrix,
  measure,
  onRows,
  rSquared,
  type Statistic,
} from "@ipr/evaluation";
import { affordableResamples } from "../affordable-resamples.ts";
import type { Controls } from "../evaluation.ts";
import { bestSetStatistics, predictionStatistics } from "../prediction-statistics.ts";
import { applyRule } from "../rule-statistics.ts";
import { type Means, rowsOfSample, type Sample } from "../sample.ts";
import { controlEstimates, type ControlRows, type ControlTraining } from "./control-estimates.ts";
import type { Groups } from "./group-prompts.ts";

export interface ControlsInput {
  readonly training: ControlTraining;
  readonly measured: ControlRows;
  /** The measured prompts, with the bundle's expected costs: rules decide by the same costs. */
  readonly sample: Sample;
  readonly means: Means;
  readonly groups: Omit<Groups, "groupOf">;
  readonly seed: number;
  readonly resamples?: number | undefined;
}

/** With fewer measured prompts than this a group's own figures would be guesses. */
const minGroupRows = 20;

/** Trains the stand-in in each way and measures it like the bundle. */
export function measureControls(input: ControlsInput): Controls {
  const { training, measured, sample, means, groups, seed, resamples = defaultResamples } = input;
  const estimates = controlEstimates(training, measured, groups.names.length, seed);
  const statisticsOf = (own: Matrix) => controlStatistics({ ...sample, estimates: own }, means);
  const rowsByGroup = groups.names.map((_, group) =>
    [...measured.groupOf.keys()].filter((row) => measured.groupOf[row] === group),
  );
  const trainedOn = new Set(training.groupOf);
  const reported = [...groups.names.keys()].filter(
    (group) => trainedOn.has(group) && rowsByGroup[group]!.length >= minGroupRows,
  );
  const perGroup = reported.map((group) => {
    const rows = rowsByGroup[group]!;
    const on = (own: Matrix) => onlyRows({ ...sample, estimates: own }, rows, means);
    return {
      within: on(estimates.ridge),
      without: on(estimates.withoutGroup),
      constantR2: constantR2(estimates.constantWithoutGroup, rows, input),
    };
  });
  const used = affordableResamples(sample.scores, resamples);
  const all = [...sample.scores.values.keys()].slice(0, sample.scores.rows);
  const figures = measure(
    sample.scores.rows,
    {
      ridge: statisticsOf(estimates.ridge),
      withoutGroup: statisticsOf(estimates.withoutGroup),
      constantWithoutGroupR2: constantR2(estimates.constantWithoutGroup, all, input),
      shuffledLabels: statisticsOf(estimates.shuffledLabels),
      randomFeatures: statisticsOf(estimates.randomFeatures),
      groups: Object.fromEntries(perGroup.entries()),
    },
    { seed, resamples: used },
  );
  return {
    resamples: used,
    trainingRows: training.features.rows,
    rows: sample.scores.rows,
    groupedBy: groups.groupedBy,
    ...figures,
    groups: Object.fromEntries(
      reported.map((group, index) => [
        groups.names[group]!,
        { rows: rowsByGroup[group]!.length, sources: groups.sources[group]!, ...figures.groups[index]! },
      ]),
    ),
  };
}

function controlStatistics(sample: Sample, means: Means) {
  const singles = candidatePoints(sample);
  const area = (rule: "gate" | "utility") => areaOf(applyRule(rule, sample, means).curve, means, singles);
  return {
    ...predictionStatistics(sample, means.quality).prediction,
    ...bestSetStatistics(sample),
    gateArea: area("gate"),
    utilityArea: area("utility"),
  };
}

function onlyRows(sample: Sample, rows: readonly number[], means: Means) {
  const on = onRows(rows);
  const own = controlStatistics(rowsOfSample(sample, rows), means);
  const names = Object.keys(own) as (keyof typeof own)[];
  return Object.fromEntries(names.map((name) => [name, on(own[name])])) as typeof own;
}

function constantR2(constant: Matrix, rows: readonly number[], { sample, means }: ControlsInput): Statistic {
  const own = rowsOfSample({ ...sample, estimates: constant }, rows);
  return onRows(rows)(rSquared(own.estimates, own.scores, means.quality));
}
