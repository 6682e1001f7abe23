import { columnMeans, defaultResamples, reliability, type Statistics } from "@ipr/evaluation";
import { affordableResamples } from "./affordable-resamples.ts";
import { assessRouting, type Routing, type RoutingAssessment } from "./assess-routing.ts";
import type { Evaluation } from "./evaluation.ts";
import { notRouted } from "./not-routed.ts";
import { predictionStatistics } from "./prediction-statistics.ts";
import { type Measurement, measureInThreads } from "./resampling/measure-in-threads.ts";
import { meansOf, rowsOfSample, type Sample } from "./sample.ts";
import { sourceStatistics } from "./source-statistics.ts";

export interface Assessed {
  readonly candidates: readonly string[];
  /** Prompts with a label of at least one candidate. */
  readonly measured: Sample;
  /** Of those with a label of every candidate; undefined where routing cannot be measured. */
  readonly routing: (Routing & { readonly rows: readonly number[] }) | undefined;
  /** Mean score of each candidate on prompts that are not measured; the measured ones' mean where it is NaN. */
  readonly labelMeans: Float64Array;
  readonly seed: number;
  readonly resamples?: number | undefined;
  readonly onResample?: (done: number, total: number) => void;
}

export type Assessment = Pick<
  Evaluation,
  "resamples" | "prediction" | "perCandidate" | "perSource" | "perSourceResamples" | "plots"
> &
  Omit<RoutingAssessment, "bestSet" | "curves">;

/** Every figure of an evaluation, from numbers alone. */
export async function assess(
  input: Assessed & { readonly notRouted?: string | undefined },
): Promise<Assessment> {
  const { candidates, measured, routing, seed, resamples = defaultResamples, onResample = () => {} } = input;
  const own = columnMeans(measured.scores);
  const labelMeans = input.labelMeans.map((mean, column) => (Number.isNaN(mean) ? own[column]! : mean));
  const total = routing === undefined ? resamples : 2 * resamples;
  const estimates = { candidates, measured, labelMeans, resamples };
  const plan = planEstimates(estimates);
  const figures = await measureInThreads({ kind: "estimates", input: estimates }, plan.measurements, {
    seed,
    onResample: (done) => onResample(done, total),
  });
  const routed =
    routing === undefined
      ? notRouted(input)
      : await assessRouting(
          { candidates, evaluated: rowsOfSample(measured, routing.rows), routing, seed, resamples },
          (done) => onResample(resamples + done, total),
        );
  const { bestSet, curves, ...ofRouting } = routed;
  return {
    ...ofRouting,
    resamples,
    prediction: { ...figures.all.prediction, ...bestSet },
    perCandidate: figures.all.perCandidate,
    perSource: Object.fromEntries(
      plan.sources.map(({ name, rows }) => [name, { rows, ...figures.sources.perSource[name]! }]),
    ),
    perSourceResamples: plan.measurements.sources.resamples,
    plots: { curves, ...candidatePlots(input) },
  };
}

export interface EstimatesInput {
  readonly candidates: readonly string[];
  readonly measured: Sample;
  readonly labelMeans: Float64Array;
  readonly resamples: number;
}

/** What is measured of the estimates: together, by candidate, and by source. */
export function planEstimates({ candidates, measured, labelMeans, resamples }: EstimatesInput) {
  const { prediction, perCandidate } = predictionStatistics(measured, labelMeans);
  const sources = sourceStatistics(measured, labelMeans);
  const all = {
    prediction,
    perCandidate: Object.fromEntries(candidates.map((name, index) => [name, perCandidate[index]!])),
  } satisfies Statistics;
  const bySource = {
    perSource: Object.fromEntries(sources.map(({ name, statistics }) => [name, statistics])),
  } satisfies Statistics;
  const shape = measured.scores;
  const measurements: {
    readonly all: Measurement<typeof all>;
    readonly sources: Measurement<typeof bySource>;
  } = {
    all: { shape, tree: all, resamples },
    sources: { shape, tree: bySource, resamples: affordableResamples(shape, resamples) },
  };
  return { sources, measurements };
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
