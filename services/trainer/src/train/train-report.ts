import { type Bundle, type PredictionMetrics, sigmoid } from "@ipr/estimator";
import type { Prices } from "../evaluate/read-prices.ts";
import type { DataReport } from "./data-report.ts";
import type { FittedEstimator } from "./fitted-estimator.ts";
import type { TrainingData } from "./read-training-data.ts";
import type { TopicTrial } from "./topic-mix.ts";
import type { Resumed } from "./training-work.ts";

/** What `ipr train` says of a bundle. */
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

/** Puts together what a run found, and what was written. */
export function trainReport(
  { manifest, candidates }: Bundle,
  {
    out,
    data,
    fitted,
    prices,
    dataReport,
    resumed,
    notes,
  }: {
    readonly out: string;
    readonly data: TrainingData;
    readonly fitted: FittedEstimator;
    readonly prices: Prices;
    readonly dataReport: DataReport;
    readonly resumed: Resumed;
    readonly notes: readonly string[];
  },
): TrainReport {
  const { toleranceTable: table } = manifest;
  return {
    bundle: manifest.id,
    out,
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
