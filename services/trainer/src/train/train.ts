import { openEncoder, type OpenOptions } from "@ipr/encoders";
import { IprError, status } from "@ipr/errors";
import {
  type BundleContent,
  distinctDigests,
  type Encoder,
  featuresVersion,
  minAdapterLabels,
  writeBundle,
} from "@ipr/estimator";
import { countAllRows, describeDataFile } from "../data/describe-data.ts";
import { splits } from "../data/labelled-prompt.ts";
import { type Prices, readPrices, readPricesBeside } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { reportOnData } from "./data-report.ts";
import { describeCandidates, tableOf, testMetrics } from "./describe-estimator.ts";
import { fitEstimator, type Head } from "./fit-estimator.ts";
import { standardiseTable } from "./feature-table.ts";
import type { Hyperparameters } from "./fit-fold.ts";
import { readTrainingData, type TrainingData } from "./read-training-data.ts";
import { openWorkDirectory } from "./work-directory.ts";
import { type TrainReport, trainReport } from "./train-report.ts";
import { planTraining } from "./training-plan.ts";
import { createTrainingWork } from "./training-work.ts";
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

const defaultSeed = 7;
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
  return trainReport(bundle, {
    out: options.out,
    data,
    fitted,
    prices,
    dataReport,
    resumed: work.resumed(),
    notes: [...notes, ...directory.problems],
  });
}

async function pricesOf({
  prices,
  data,
}: TrainOptions): Promise<{ prices: Prices; notes: readonly string[] }> {
  if (prices === undefined) return readPricesBeside(data);
  return { prices: (await readPrices(prices)).prices, notes: [] };
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
