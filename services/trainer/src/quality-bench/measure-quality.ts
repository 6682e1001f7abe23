import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Encoder } from "@ipr/estimator";
import { joinData } from "../data/join-data.ts";
import { writeLabelledPrompts } from "../data/write-labelled-prompts.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { rememberingEncoder } from "../evaluate/remembering-encoder.ts";
import { suggestedPools } from "../evaluate/suggested-pools.ts";
import type { OnProgress } from "../progress.ts";
import { train, type TrainOptions } from "../train/train.ts";
import { type Bars, type Case, type Control, controls, maxControlR2, type Stack } from "./cases.ts";
import { withoutSignal } from "./control-data.ts";

export interface QualityOptions {
  /** Directory with `<set>.jsonl.gz` and `<set>.meta.json`. */
  readonly dataDir: string;
  readonly cases: readonly Case[];
  readonly stacks: Readonly<Partial<Record<Stack, Encoder>>>;
  readonly seeds: readonly number[];
  readonly hasControls: boolean;
  /** For tests: how networks are trained. */
  readonly hyperparameters?: TrainOptions["hyperparameters"];
}

/** A figure over seeds, beside its bar. */
export interface Measured {
  readonly figure: keyof Bars;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly bar: number | undefined;
  readonly isMet: boolean | undefined;
}

export interface MeasuredCase {
  readonly set: string;
  readonly pool: string;
  readonly stack: Stack;
  readonly candidates: readonly string[];
  readonly testRows: number;
  /** The share of the topic mix that each seed chose out of fold. */
  readonly topicWeights: readonly number[];
  readonly figures: readonly Measured[];
}

export interface MeasuredControl {
  readonly set: string;
  readonly control: Control;
  readonly r2: number;
  readonly isMet: boolean;
}

export interface QualityReport {
  readonly seeds: readonly number[];
  readonly cases: readonly MeasuredCase[];
  readonly controls: readonly MeasuredControl[];
  /** How many bars there are and how many were missed. */
  readonly bars: number;
  readonly missed: number;
}

/** Figures read from few resamples, whose intervals are not used. */
const resamples = 20;
const figureNames = ["r2", "auc", "ece", "apgr", "qualityRatio", "saving"] as const;

/** Trains and evaluates every case with every stack and seed. Each prompt is encoded once a stack. */
export async function measureQuality(
  options: QualityOptions,
  onProgress: OnProgress = () => {},
): Promise<QualityReport> {
  const work = await mkdtemp(join(tmpdir(), "ipr-quality-"));
  try {
    const measured: MeasuredCase[] = [];
    for (const [stack, encoder] of Object.entries(options.stacks) as [Stack, Encoder][]) {
      const remembering = rememberingEncoder(encoder);
      for (const one of options.cases) {
        measured.push(await measureCase(one, stack, remembering, { ...options, work }, onProgress));
      }
    }
    const nothing = options.hasControls ? await measureControls({ ...options, work }, onProgress) : [];
    const met = [
      ...measured.flatMap(({ figures }) => figures.map(({ isMet }) => isMet)),
      ...nothing.map(({ isMet }) => isMet),
    ];
    return {
      seeds: options.seeds,
      cases: measured,
      controls: nothing,
      bars: met.filter((isMet) => isMet !== undefined).length,
      missed: met.filter((isMet) => isMet === false).length,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Workplace = QualityOptions & { readonly work: string };

async function measureCase(
  { set, pool, poolName, bars }: Case,
  stack: Stack,
  encoder: Encoder,
  { dataDir, seeds, work, hyperparameters }: Workplace,
  onProgress: OnProgress,
): Promise<MeasuredCase> {
  const data = [join(dataDir, `${set}.jsonl.gz`)];
  const candidates = pool === "ladder" ? (await suggestedPools(data))[0]! : pool;
  const runs: {
    readonly figures: Record<keyof Bars, number>;
    readonly rows: number;
    readonly topicWeight: number;
  }[] = [];
  for (const seed of seeds) {
    const named: OnProgress = (step) =>
      onProgress({ ...step, stage: `${set} ${poolName}, ${stack} stack, seed ${seed}: ${step.stage}` });
    const bundle = join(work, "bundle");
    const { topicMix } = await train(
      { data, encoder, candidates, seed, out: bundle, hyperparameters },
      named,
    );
    const options = { bundle, encoder, data, pool: candidates, resamples, controls: false };
    const { prediction, apgr, rules, rows } = await evaluate(options, named);
    const { qualityRatio, saving } = rules.utility.targets["0.97"];
    const figures = {
      r2: prediction.r2.value,
      auc: prediction.auc.value,
      ece: prediction.ece.value,
      apgr: apgr?.value ?? Number.NaN,
      qualityRatio: qualityRatio.value,
      saving: saving.value,
    };
    runs.push({ figures, rows, topicWeight: topicMix.weight });
  }
  const figures = figureNames.flatMap((figure) => {
    const values = runs.map((run) => run.figures[figure]);
    return values.some(Number.isNaN) ? [] : [measuredOf(figure, values, bars[stack][figure])];
  });
  const topicWeights = runs.map(({ topicWeight }) => topicWeight);
  return { set, pool: poolName, stack, candidates, testRows: runs[0]!.rows, topicWeights, figures };
}

function measuredOf(figure: keyof Bars, values: readonly number[], bar: number | undefined): Measured {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const isAtMost = figure === "ece";
  return {
    figure,
    mean,
    low: Math.min(...values),
    high: Math.max(...values),
    bar,
    isMet: bar === undefined ? undefined : isAtMost ? mean <= bar : mean >= bar,
  };
}

/** The default head trained, with the cheapest stack, on data that have nothing to teach. */
async function measureControls(options: Workplace, onProgress: OnProgress): Promise<MeasuredControl[]> {
  const encoder = options.stacks.fast ?? options.stacks.default;
  if (encoder === undefined) return [];
  const sets = new Set(options.cases.map(({ set }) => set));
  const measured: MeasuredControl[] = [];
  for (const set of sets) {
    const file = join(options.dataDir, `${set}.jsonl.gz`);
    const candidates = (await suggestedPools([file]))[0]!;
    const prompts = await joinData([file]);
    for (const control of controls) {
      const data = join(options.work, "control.jsonl.gz");
      const rows = withoutSignal(prompts, control, options.seeds[0]!);
      await writeLabelledPrompts(
        data,
        rows.map(({ text, ...row }) => ({ ...row, prompt: text })),
      );
      await copyFile(join(options.dataDir, `${set}.meta.json`), join(options.work, "control.meta.json"));
      const named: OnProgress = (step) => onProgress({ ...step, stage: `${set}, ${control}: ${step.stage}` });
      const { test } = await train(
        {
          data: [data],
          encoder,
          candidates,
          seed: options.seeds[0],
          out: join(options.work, "control"),
          hyperparameters: options.hyperparameters,
        },
        named,
      );
      const r2 = test?.r2 ?? Number.NaN;
      measured.push({ set, control, r2, isMet: r2 <= maxControlR2 });
    }
  }
  return measured;
}
