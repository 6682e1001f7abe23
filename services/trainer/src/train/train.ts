import { openEncoder, type OpenOptions } from "@ipr/encoders";
import { IprError, status } from "@ipr/errors";
import {
  applyPlatt,
  type Bundle,
  type BundleContent,
  type CandidateModel,
  createPredictor,
  distinctDigests,
  type Encoder,
  type Estimator,
  featuresVersion,
  minAdapterLabels,
  type PredictionMetrics,
  sigmoid,
  writeBundle,
} from "@ipr/estimator";
import { cell, createMatrix } from "@ipr/evaluation";
import { countAllRows, describeDataFile } from "../data/describe-data.ts";
import { splits } from "../data/labelled-prompt.ts";
import { predictRows } from "../evaluate/predict-rows.ts";
import { type Prices, readPrices, readPricesBeside } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { describeAdapted, describeByMean, typicalSpread } from "./assemble.ts";
import { type DataReport, reportOnData } from "./data-report.ts";
import { fitEstimator, type Head } from "./fit-estimator.ts";
import type { FittedEstimator } from "./fitted-estimator.ts";
import { standardiseTable } from "./feature-table.ts";
import type { Hyperparameters } from "./fit-fold.ts";
import { readTrainingData, type TrainingData } from "./read-training-data.ts";
import { labelledRows, meanScores, scoreMatrix, spreadRows } from "./rows.ts";
import { openWorkDirectory } from "./work-directory.ts";
import { metricsByPart, predictionMetrics } from "./test-metrics.ts";
import { poolSample } from "./pool-sample.ts";
import type { TopicTrial } from "./topic-mix.ts";
import { toleranceTable } from "./tolerance-table.ts";
import { planTraining } from "./training-plan.ts";
import { createTrainingWork, type Resumed } from "./training-work.ts";
import { countLabels, type TrainingSet } from "./training-set.ts";

export interface TrainOptions {
  /** Labelled data files; several are joined, and a candidate need not have labels in all. */
  readonly data: readonly string[];
  /** Directory of the encoder, of any kind; or one that is open, and stays so. */
  readonly encoder: string | Encoder;
  /** Where the API key of a remote encoder is looked up. */
  readonly environment?: OpenOptions["environment"];
  /** Directory of the new bundle. */
  readonly out: string;
  /** The candidates to train; all that have labels when absent. */
  readonly candidates?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** A price file; without it the `.meta.json` beside each data file. Only the tolerance table needs prices. */
  readonly prices?: string | undefined;
  readonly folds?: number | undefined;
  /** What reads the features; see `heads`. */
  readonly head?: Head | undefined;
  readonly hyperparameters?: Partial<Hyperparameters> | undefined;
  /** Keeps what a killed run would be resumed from, in `<out>.work`, when the bundle is written. */
  readonly keepWork?: boolean | undefined;
  /** When the bundle was made; now when absent. */
  readonly createdAt?: Date | undefined;
}

export interface TrainReport {
  /** The id of the new bundle. */
  readonly bundle: string;
  readonly out: string;
  readonly encoder: string;
  readonly rows: {
    readonly train: number;
    readonly val: number;
    readonly test: number;
    readonly dropped: number;
  };
  readonly candidates: readonly TrainedCandidate[];
  /** On the test rows; absent when there are none. */
  readonly test: PredictionMetrics | undefined;
  /** The same by the first part of the rows' source. */
  readonly testBySource: Readonly<Record<string, PredictionMetrics>>;
  /** Best epoch of each fold. */
  readonly epochs: readonly number[];
  /** The share of the mean over topics in an estimate, and what each share did out of fold. */
  readonly topicMix: { readonly weight: number; readonly trials: readonly TopicTrial[] };
  readonly notes: readonly string[];
  /** What is wrong with the data, the worst first. */
  readonly data: DataReport;
  /** What an earlier run that was killed had done already. */
  readonly resumed: Resumed;
  /** Candidates without a price: without two that have one, the bundle cannot be evaluated. */
  readonly unpriced: readonly string[];
}

export interface TrainedCandidate {
  readonly name: string;
  readonly labels: number;
  readonly meanQuality: number;
  /** False when it has too few labels and is predicted by its mean. */
  readonly hasAdapter: boolean;
  readonly isCalibrated: boolean;
}

const defaultSeed = 7;
/** Of more test rows than this some are measured, evenly spread: R2 is then known to within 0.004. */
const maxMeasuredRows = 50_000;
const defaultHead: Head = "mlp";

/** Trains a bundle from labelled prompts and writes it. Equal data, options and seed give the same bundle. */
export async function train(options: TrainOptions, onProgress: OnProgress = () => {}): Promise<TrainReport> {
  const seed = options.seed ?? defaultSeed;
  const head = options.head ?? defaultHead;
  onProgress({ stage: "read data", done: 0, total: options.data.length });
  const { environment = {} } = options;
  await using opened =
    typeof options.encoder === "string" ? await openEncoder(options.encoder, { environment }) : undefined;
  const encoder = opened ?? (options.encoder as Encoder);
  const { prices, notes } = await pricesOf(options);
  const files = await Promise.all(options.data.map(describeDataFile));
  const expectedRows = await countAllRows(options.data);
  onProgress({ stage: "read data", done: options.data.length, total: options.data.length });
  const directory = openWorkDirectory(`${options.out}.work`);
  const work = createTrainingWork(directory, {
    files: files.map(({ sha256 }) => sha256),
    candidates: options.candidates,
    encoder: encoder.id,
    features: featuresVersion,
    seed,
  });
  const data = await work.readData(() =>
    readTrainingData(
      {
        files: options.data,
        candidates: options.candidates,
        encoder:
          typeof options.encoder === "string"
            ? { directory: options.encoder, dimension: encoder.dimension, environment }
            : encoder,
        seed,
        expectedRows,
      },
      onProgress,
    ),
  );
  const dataReport = reportOnData(data, prices);
  const { development, candidates: names } = data;

  const adapted = names.filter((name) => countLabels(development.labels.get(name)) >= minAdapterLabels);
  if (adapted.length === 0) throw tooFewLabels(options.data, development.rows);
  const surface = standardiseTable(data.features);
  const { folds, hyperparameters } = planTraining(development.rows, options);
  const fitted = await fitEstimator(
    head,
    {
      set: development,
      candidates: adapted,
      features: data.features,
      surface,
      prices,
      options: { seed, folds, hyperparameters, store: work.folds },
    },
    onProgress,
  );
  const { trunk, topics } = fitted;
  const candidates = describeCandidates(names, adapted, development, fitted);
  const metrics = await testMetrics({ trunk, topics, candidates }, data, encoder, onProgress);
  const content: BundleContent = {
    createdAt: (options.createdAt ?? new Date()).toISOString(),
    encoder: encoder.id,
    trunk,
    topics,
    candidates,
    toleranceTable: tableOf(candidates, development, fitted, prices),
    trainedOn: distinctDigests(development.digests),
    data: {
      files,
      rows: countSplits(data),
      droppedRows: data.counts.dropped,
      sources: countSources(development),
    },
    metrics,
    training: {
      seed,
      folds,
      head,
      topicWeight: topics?.weight ?? 0,
      ...hyperparameters,
    },
  };
  const bundle = await writeBundle(options.out, content);
  if (options.keepWork !== true) await directory.remove();
  return report(bundle, {
    options,
    data,
    fitted,
    prices,
    dataReport,
    resumed: work.resumed(),
    notes: [...notes, ...directory.problems],
  });
}

function describeCandidates(
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
async function testMetrics(
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

function tableOf(
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

async function pricesOf({
  prices,
  data,
}: TrainOptions): Promise<{ prices: Prices; notes: readonly string[] }> {
  if (prices === undefined) return readPricesBeside(data);
  return { prices: (await readPrices(prices)).prices, notes: [] };
}

function report(
  { manifest, candidates }: Bundle,
  {
    options,
    data,
    fitted,
    prices,
    dataReport,
    resumed,
    notes,
  }: {
    options: TrainOptions;
    data: TrainingData;
    fitted: FittedEstimator;
    prices: Prices;
    dataReport: DataReport;
    resumed: Resumed;
    notes: readonly string[];
  },
): TrainReport {
  const { toleranceTable: table } = manifest;
  return {
    bundle: manifest.id,
    out: options.out,
    encoder: manifest.encoder.id,
    rows: { ...manifest.data.rows, dropped: data.counts.dropped },
    candidates: candidates.map(({ name, labels, meanLogit, adapter, calibration }) => ({
      name,
      labels,
      meanQuality: sigmoid(meanLogit),
      hasAdapter: adapter !== undefined,
      isCalibrated: calibration.slope !== 1 || calibration.intercept !== 0,
    })),
    test: manifest.metrics.test,
    testBySource: manifest.metrics.testBySource ?? {},
    epochs: fitted.epochs,
    topicMix: { weight: fitted.topics?.weight ?? 0, trials: fitted.topicTrials },
    data: dataReport,
    resumed,
    unpriced: candidates.map(({ name }) => name).filter((name) => !prices.has(name)),
    notes: "absent" in table ? [...notes, `no tolerance table: ${table.absent}`] : notes,
  };
}

function countSplits({ development, test }: TrainingData): BundleContent["data"]["rows"] {
  const val = development.splitOf.reduce((sum, split) => sum + Number(splits[split] === "val"), 0);
  return { train: development.rows - val, val, test: test.length };
}

function countSources({ sources, sourceOf }: TrainingSet): Record<string, number> {
  const counts = new Uint32Array(sources.length);
  for (const source of sourceOf) counts[source]!++;
  return Object.fromEntries(
    sources
      .map((source, i) => [source || "unnamed", counts[i]!] as const)
      .filter(([, count]) => count > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function tooFewLabels(files: readonly string[], rows: number): IprError {
  return new IprError(
    status.INVALID_ARGUMENT,
    "BAD_DATA",
    `${files.join(", ")}: no candidate has ${minAdapterLabels} labels among ${rows} rows of train and val; ` +
      "label more prompts, or check that the rows are not all of split test",
    { metadata: { file: files.join(",") } },
  );
}
