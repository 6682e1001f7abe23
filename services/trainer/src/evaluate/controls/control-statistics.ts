import {
  acrossBatch,
  areaOf,
  candidatePoints,
  type Curve,
  defaultResamples,
  type Matrix,
  meanOfDefined,
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
    shuffledLabels: byChance(estimates.shuffledLabels.map(statisticsOf)),
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

/**
 * What differs by chance: the mean of the repetitions, and in each resample one of them, so that the interval covers the
 * chance of the repetitions too. A batch of resamples has one repetition, whoever draws it.
 */
function byChance<Row extends Readonly<Record<string, Statistic>>>(repetitions: readonly Row[]): Row {
  const repetitionOf = acrossBatch(({ weights }) => {
    const isData = weights[0]!.every((weight) => weight === 1);
    const drawn = weights[0]!.reduce((sum, weight, row) => sum + weight * row, 0) % repetitions.length;
    return weights.map(() => (isData ? undefined : drawn));
  });
  const names = Object.keys(repetitions[0]!);
  const row = names.map((name) => {
    const own = repetitions.map((repetition) => repetition[name]!);
    const mean = meanOfDefined(own);
    const statistic = (weights: Float64Array) => {
      const repetition = repetitionOf(weights);
      return repetition === undefined ? mean(weights) : own[repetition]!(weights);
    };
    return [name, Object.assign(statistic, mean)] as const;
  });
  return Object.fromEntries(row) as Row;
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
