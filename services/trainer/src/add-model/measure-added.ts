import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPredictor, type Encoder, hasPrompt, loadBundle } from "@ipr/estimator";
import { createMatrix, rSquared, shuffledIndexes } from "@ipr/evaluation";
import { joinData } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { predictRows } from "../evaluate/predict-rows.ts";
import type { OnProgress } from "../progress.ts";
import { randomFor } from "../train/random.ts";
import { foldHash, promptKey } from "../train/rows.ts";
import { train } from "../train/train.ts";
import { validationParts } from "./divide-rows.ts";
import { estimateRows } from "./estimate-rows.ts";
import { fitCandidate } from "./fit-candidate.ts";
import { frozenBundle } from "./frozen-bundle.ts";
import { type HiddenRows, pickHiddenRows, readHiddenRows } from "./hidden-rows.ts";
import { selectLabels } from "./select-labels.ts";

export interface MeasureAddedOptions {
  readonly data: readonly string[];
  /** The encoder's directory, and the encoder. */
  readonly encoder: string;
  readonly openedEncoder: Encoder;
  /** How many labels the new candidate has. */
  readonly labels: readonly number[];
  /** How many times they are drawn. */
  readonly draws: number;
  readonly seed: number;
  /** Held out in turn; all when absent. */
  readonly candidates?: readonly string[] | undefined;
}

export interface MeasuredAdding {
  /** Mean over the candidates of R2 on test after training with all labels, and jointly. */
  readonly fullR2: number;
  readonly candidates: readonly { readonly name: string; readonly fullR2: number }[];
  readonly byLabels: readonly AddedFigures[];
}

export interface AddedFigures {
  readonly labels: number;
  readonly runs: number;
  /** On test, mean over candidates and draws; the smallest; and the mean's share of `fullR2`. */
  readonly r2: number;
  readonly worstR2: number;
  readonly share: number;
  /** Mean seconds of a fit, prompts read before. */
  readonly fitSeconds: number;
}

/**
 * What adding a candidate is worth: each candidate is held out in turn, the others are trained, and it is added from a
 * few of its labels. Measured on test rows, beside a bundle that was trained with all candidates and labels.
 */
export async function measureAdded(
  options: MeasureAddedOptions,
  onProgress: OnProgress = () => {},
): Promise<MeasuredAdding> {
  const prompts = await joinData(options.data);
  const all = [...new Set(prompts.flatMap(({ scores }) => Object.keys(scores)))].toSorted();
  const names = options.candidates ?? all;
  const directory = await mkdtemp(join(tmpdir(), "ipr-add-model-"));
  try {
    const stage = (done: number): void => {
      onProgress({ stage: "train without each candidate", done, total: names.length + 1 });
    };
    stage(0);
    const full = await fullTraining(options, prompts, names, join(directory, "full"));
    const runs: Run[] = [];
    for (const [done, name] of names.entries()) {
      stage(done + 1);
      const others = all.filter((other) => other !== name);
      runs.push(
        ...(await runsOf(options, prompts, { name, others, out: join(directory, `without-${done}`) })),
      );
    }
    stage(names.length + 1);
    const fullR2 = mean([...full.values()]);
    return {
      fullR2,
      candidates: names.map((name) => ({ name, fullR2: full.get(name)! })),
      byLabels: options.labels.map((labels) => figuresOf(labels, runs, fullR2)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Run {
  readonly labels: number;
  readonly r2: number;
  readonly seconds: number;
}

function figuresOf(labels: number, runs: readonly Run[], fullR2: number): AddedFigures {
  const own = runs.filter((run) => run.labels === labels);
  const r2 = mean(own.map((run) => run.r2));
  return {
    labels,
    runs: own.length,
    r2,
    worstR2: Math.min(...own.map((run) => run.r2)),
    share: r2 / fullR2,
    fitSeconds: mean(own.map(({ seconds }) => seconds)),
  };
}

/** R2 on test by candidate, of a bundle trained with all of them. */
async function fullTraining(
  { data, encoder, openedEncoder, seed }: MeasureAddedOptions,
  prompts: readonly LabelledPrompt[],
  names: readonly string[],
  out: string,
): Promise<ReadonlyMap<string, number>> {
  await train({ data, encoder, out, seed });
  const bundle = await loadBundle(out);
  const predictor = createPredictor(bundle);
  const figures = new Map<string, number>();
  const test = prompts.filter(({ split, text }) => split === "test" && !hasPrompt(bundle.trainedOn, text));
  const { quality } = await predictRows(test, names, { encoder: openedEncoder, predictor }, () => {});
  for (const [column, name] of names.entries()) {
    const values = test.map((_, row) => quality.values[row * names.length + column]!);
    figures.set(name, r2Of(prompts, test, name, values));
  }
  return figures;
}

async function runsOf(
  { data, encoder, openedEncoder, labels, draws, seed }: MeasureAddedOptions,
  prompts: readonly LabelledPrompt[],
  { name, others, out }: { readonly name: string; readonly others: readonly string[]; readonly out: string },
): Promise<Run[]> {
  await train({ data, encoder, out, seed, candidates: others });
  const bundle = await loadBundle(out);
  const { trunk, peers, topics, foldOf, heldOutOf } = frozenBundle(out, bundle, name);
  const { fitted, measured } = selectLabels(prompts, name, (text) => hasPrompt(bundle.trainedOn, text));
  const read = async (rows: readonly LabelledPrompt[]): Promise<HiddenRows> => {
    const texts = rows.map(({ text }) => text);
    return readHiddenRows(texts, { encoder: openedEncoder, trunk }, () => {});
  };
  const hidden = { fitted: await read(fitted), measured: await read(measured) };
  const runs: Run[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const order = shuffledIndexes(fitted.length, randomFor(seed, "draw", name, draw));
    for (const count of labels) {
      if (count > fitted.length) continue;
      const rows = [...order.subarray(0, count)];
      const startedAt = performance.now();
      const candidate = fitCandidate({
        name,
        hidden: pickHiddenRows(hidden.fitted, rows),
        scores: rows.map((row) => fitted[row]!.scores[name]!),
        outputTokens: rows.map((row) => fitted[row]!.outputTokens[name]),
        peers,
        topics,
        foldOf: (row) => foldOf(fitted[rows[row]!]!.text),
        heldOutOf: (row) => heldOutOf(fitted[rows[row]!]!.text),
        partOf: (row) => foldHash(promptKey(fitted[rows[row]!]!.text), seed) % validationParts,
      });
      const seconds = (performance.now() - startedAt) / 1000;
      const estimates = estimateRows(candidate, topics, hidden.measured);
      runs.push({ labels: count, r2: r2Of(prompts, measured, name, estimates), seconds });
    }
  }
  return runs;
}

/** Against the candidate's mean over the rows of train and val, for every run the same. */
function r2Of(
  prompts: readonly LabelledPrompt[],
  rows: readonly LabelledPrompt[],
  name: string,
  estimates: readonly number[],
): number {
  const known = prompts.flatMap(({ split, scores }) => (split === "test" ? [] : (scores[name] ?? [])));
  const scores = createMatrix(rows.length, 1, (row) => rows[row]!.scores[name] ?? Number.NaN);
  const matrix = createMatrix(rows.length, 1, (row) => estimates[row]!);
  return rSquared(matrix, scores, [mean(known)])(new Float64Array(rows.length).fill(1));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
