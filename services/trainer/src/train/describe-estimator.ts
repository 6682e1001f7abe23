import {
  applyPlatt,
  type BundleContent,
  type CandidateModel,
  createPredictor,
  type Encoder,
  type Estimator,
  sigmoid,
} from "@ipr/estimator";
import { cell, createMatrix } from "@ipr/evaluation";
import { predictRows } from "../evaluate/predict-rows.ts";
import type { Prices } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { describeAdapted, describeByMean, typicalSpread } from "./assemble.ts";
import type { FittedEstimator } from "./fitted-estimator.ts";
import { poolSample } from "./pool-sample.ts";
import type { TrainingData } from "./read-training-data.ts";
import { labelledRows, meanScores, scoreMatrix, spreadRows } from "./rows.ts";
import { metricsByPart, predictionMetrics } from "./test-metrics.ts";
import { toleranceTable } from "./tolerance-table.ts";
import { countLabels, type TrainingSet } from "./training-set.ts";

/** Of more test rows than this some are measured, evenly spread: R2 is then known to within 0.004. */
const maxMeasuredRows = 50_000;

/** Each candidate with its adapter, or known by its mean where its labels are too few; none that has no label. */
export function describeCandidates(
  names: readonly string[],
  adapted: readonly string[],
  set: TrainingSet,
  { adapters, topicMeans, outOfFold }: FittedEstimator,
): CandidateModel[] {
  const spread = typicalSpread(outOfFold.logits);
  return names.flatMap((name) => {
    const column = adapted.indexOf(name);
    if (column >= 0) {
      const heads = { adapter: adapters[column]!, topicMeans: topicMeans[column] };
      const labels = countLabels(set.labels.get(name));
      return [{ ...describeAdapted(name, column, heads, outOfFold), labels }];
    }
    const known = set.labels.get(name);
    const scores = knownOf(known?.scores);
    const outputTokens = knownOf(known?.outputTokens);
    return scores.length === 0 ? [] : [describeByMean(name, scores, outputTokens, spread)];
  });
}

function knownOf(values: Float32Array | undefined): number[] {
  return Array.from(values?.filter((value) => !Number.isNaN(value)) ?? []);
}

/** Measured with the bundle's own predictor, on the weights as they are stored. */
export async function testMetrics(
  bundle: Estimator,
  { development, test: allTest }: TrainingData,
  encoder: Encoder,
  onProgress: OnProgress,
): Promise<BundleContent["metrics"]> {
  const names = bundle.candidates.map(({ name }) => name);
  const predictor = createPredictor(bundle);
  const test = Array.from(spreadRows(allTest.length, maxMeasuredRows), (row) => allTest[row]!);
  const total = test.length;
  const { quality } = await predictRows(test, names, { encoder, predictor }, (done) => {
    if (done % 256 === 0 || done === total) onProgress({ stage: "measure on test", done, total });
  });
  const scores = scoreMatrix(test, names);
  const trainMeans = meanScores(development, names);
  const overall = predictionMetrics(quality, scores, trainMeans);
  if (overall === undefined) return {};
  const parts = test.map(({ source }) => source.split("/")[0] ?? "");
  return { test: overall, testBySource: metricsByPart(quality, scores, trainMeans, parts) };
}

/** What tolerances and price weights did out of fold; or why that cannot be said. */
export function tableOf(
  candidates: readonly CandidateModel[],
  set: TrainingSet,
  { outOfFold }: FittedEstimator,
  prices: Prices,
): BundleContent["toleranceTable"] {
  const byMean = candidates.filter(({ adapter }) => adapter === undefined).map(({ name }) => name);
  if (byMean.length > 0) return `too few labels of ${byMean.join(", ")}`;
  const estimate = (row: number, column: number): number =>
    sigmoid(applyPlatt(cell(outOfFold.logits, row, column), candidates[column]!.calibration));
  const tokens = (row: number, column: number): number => {
    const { outputTokens, adapter } = candidates[column]!;
    if (outputTokens === undefined) return Number.NaN;
    if (adapter?.tokens === undefined) return outputTokens.mean;
    return Math.max(0, Math.expm1(cell(outOfFold.predictedLogTokens, row, column))) * outputTokens.scale;
  };
  const { rows, columns } = outOfFold.logits;
  const pool = candidates.map(({ name }) => name);
  return toleranceTable(
    poolSample(
      {
        pool,
        prompts: labelledRows(set, outOfFold.rows, pool),
        quality: createMatrix(rows, columns, estimate),
        outputTokens: createMatrix(rows, columns, tokens),
      },
      prices,
    ),
  );
}
