import {
  areaOf,
  candidatePoints,
  type Curve,
  defaultResamples,
  type Matrix,
  onRows,
  rSquared,
  type Statistic,
} from "@ipr/evaluation";
import { affordableResamples } from "../affordable-resamples.ts";
import { bestSetStatistics, predictionStatistics } from "../prediction-statistics.ts";
import type { Measurement } from "../resampling/draw-part.ts";
import { applyRule } from "../rule-statistics.ts";
import { type Means, rowsOfSample, type Sample } from "../sample.ts";
import type { ControlEstimates } from "./control-estimates.ts";

export interface ControlStatisticsInput {
  /** The measured prompts, with the bundle's expected costs: rules decide by the same costs. */
  readonly sample: Sample;
  readonly means: Means;
  readonly estimates: ControlEstimates;
  /** The measured rows of each group that is reported. */
  readonly groups: readonly (readonly number[])[];
  readonly resamples?: number | undefined;
}

/** What is measured of the stand-in, trained in each way. */
export function planControls(input: ControlStatisticsInput) {
  const { sample, means, estimates, groups, resamples = defaultResamples } = input;
  const singles = candidatePoints(sample);
  const all = Array.from({ length: sample.scores.rows }, (_, row) => row);
  const statisticsOf = (own: Matrix) => controlStatistics({ ...sample, estimates: own }, means, singles);
  const perGroup = groups.map((rows) => {
    const on = (own: Matrix) => onlyRows({ ...sample, estimates: own }, rows, means);
    return {
      within: on(estimates.ridge),
      without: on(estimates.withoutGroup),
      constantR2: constantR2(rows, input),
    };
  });
  const tree = {
    ridge: statisticsOf(estimates.ridge),
    withoutGroup: statisticsOf(estimates.withoutGroup),
    constantWithoutGroupR2: constantR2(all, input),
    shuffledLabels: statisticsOf(estimates.shuffledLabels),
    randomFeatures: statisticsOf(estimates.randomFeatures),
    groups: Object.fromEntries(perGroup.entries()),
  };
  const measurement: Measurement<typeof tree> = {
    shape: sample.scores,
    tree,
    resamples: affordableResamples(sample.scores, resamples),
  };
  return { measurement };
}

function controlStatistics(sample: Sample, means: Means, singles: Curve) {
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
  const part = rowsOfSample(sample, rows);
  const own = controlStatistics(part, means, candidatePoints(part));
  const names = Object.keys(own) as (keyof typeof own)[];
  return Object.fromEntries(names.map((name) => [name, on(own[name])])) as typeof own;
}

function constantR2(
  rows: readonly number[],
  { sample, means, estimates }: ControlStatisticsInput,
): Statistic {
  const own = rowsOfSample({ ...sample, estimates: estimates.constantWithoutGroup }, rows);
  return onRows(rows)(rSquared(own.estimates, own.scores, means.quality));
}
