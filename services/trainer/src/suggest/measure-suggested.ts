import { encodeInOrder } from "@ipr/encoders";
import { type Encoder, extractFeatures, sigmoid, standardiseSurface, surfaceCount } from "@ipr/estimator";
import { createMatrix, rSquared, shuffledIndexes } from "@ipr/evaluation";
import { honestValue } from "../add-model/directions.ts";
import { validationParts } from "../add-model/divide-rows.ts";
import { fitHead } from "../add-model/fit-head.ts";
import { type HiddenRows, pickHiddenRows } from "../add-model/hidden-rows.ts";
import { softLogistic } from "../add-model/soft-logistic.ts";
import { joinData } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import { randomFor } from "../train/random.ts";
import { promptKey } from "../train/rows.ts";
import type { Points } from "../clusters/cluster-points.ts";
import { pickSpread } from "./pick-spread.ts";

export interface MeasureSuggestedOptions {
  readonly data: readonly string[];
  readonly encoder: Encoder;
  /** How many prompts are labelled. */
  readonly counts: readonly number[];
  readonly draws: number;
  readonly seed: number;
}

/** Mean R2 on test after labelling suggested prompts and after labelling random ones. */
export interface SuggestedFigures {
  readonly data: string;
  readonly prompts: number;
  readonly suggested: number;
  readonly random: number;
  /** Suggested minus random, and the half width of its 95 % interval over the draws. */
  readonly gain: number;
  readonly gainError: number;
}

/** Enough candidates to tell; each is one regression a draw. */
const maxCandidates = 3;
/** Prompts that are picked from, and test prompts that are measured on. */
const maxPool = 2000;
const maxTest = 800;
/** Numbers beside a unit vector count this much, so that the two carry about as much variation. */
const embeddingWeight = 2;
const surfaceWeight = 0.25;
const ninetyFivePercent = 1.96;

/**
 * Whether labelling suggested prompts teaches more than labelling random ones: on each data set a regression on embedding
 * and surface numbers is learnt from scratch from either, for a few candidates and many draws, and measured on test rows.
 */
export async function measureSuggested(
  { data, encoder, counts, draws, seed }: MeasureSuggestedOptions,
  onProgress: OnProgress = () => {},
): Promise<SuggestedFigures[]> {
  const figures: SuggestedFigures[] = [];
  const total = data.length * counts.length * draws;
  for (const file of data) {
    const world = await readWorld(file, encoder, seed);
    for (const prompts of counts) {
      if (prompts > world.pool.length) continue;
      const runs: { readonly suggested: number; readonly random: number }[] = [];
      for (let draw = 0; draw < draws; draw++) {
        onProgress({ stage: "measure", done: figures.length * draws + draw, total });
        const drawn = [...shuffledIndexes(world.pool.length, randomFor(seed, "random", draw))].slice(
          0,
          prompts,
        );
        const picked = pickSpread(world.points, prompts, randomFor(seed, "suggested", draw));
        runs.push({ suggested: learntFrom(world, picked), random: learntFrom(world, drawn) });
      }
      figures.push({ data: file, prompts, ...summarise(runs) });
    }
  }
  onProgress({ stage: "measure", done: total, total });
  return figures;
}

interface World {
  readonly candidates: readonly string[];
  readonly pool: readonly LabelledPrompt[];
  readonly test: readonly LabelledPrompt[];
  /** What the suggestion is made from. */
  readonly points: Points;
  /** What is learnt on. */
  readonly read: { readonly pool: HiddenRows; readonly test: HiddenRows };
}

async function readWorld(file: string, encoder: Encoder, seed: number): Promise<World> {
  const all = await joinData([file]);
  const names = [...new Set(all.flatMap(({ scores }) => Object.keys(scores)))].toSorted();
  const candidates = names.filter((_, i) => i % Math.ceil(names.length / maxCandidates) === 0);
  const rows = all.filter(({ scores }) => candidates.every((name) => scores[name] !== undefined));
  const test = rows.filter(({ split }) => split === "test").slice(0, maxTest);
  const tested = new Set(test.map(({ text }) => promptKey(text)));
  const others = rows.filter(({ split, text }) => split !== "test" && !tested.has(promptKey(text)));
  const order = shuffledIndexes(others.length, randomFor(seed, "pool")).subarray(0, maxPool);
  const pool = [...order].map((row) => others[row]!);
  const surfaces = pool.map(({ text }) => extractFeatures(text).surface);
  const scale = surfaceScale(surfaces);
  const read = async (prompts: readonly LabelledPrompt[]): Promise<HiddenRows> => {
    const units = encoder.dimension + surfaceCount;
    const values = new Float32Array(prompts.length * units);
    const texts = prompts.map(({ text }) => text);
    let at = 0;
    for await (const embedding of encodeInOrder(encoder, texts)) {
      const surface = standardiseSurface(extractFeatures(texts[at / units]!).surface, scale);
      values.set(
        embedding.map((value) => embeddingWeight * value),
        at,
      );
      values.set(
        surface.map((value) => surfaceWeight * value),
        at + encoder.dimension,
      );
      at += units;
    }
    return { rows: prompts.length, folds: 1, units, values };
  };
  const [readPool, readTest] = [await read(pool), await read(test)];
  return {
    candidates,
    pool,
    test,
    points: embeddingsOf(readPool, encoder.dimension),
    read: { pool: readPool, test: readTest },
  };
}

function embeddingsOf({ rows, units, values }: HiddenRows, dimension: number): Points {
  const points = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; row++)
    points.set(values.subarray(row * units, row * units + dimension), row * dimension);
  return { rows, dimension, values: points };
}

/** Mean R2 over the candidates on the test rows. */
function learntFrom({ candidates, pool, test, read }: World, rows: readonly number[]): number {
  const r2 = candidates.map((name) => {
    const { head } = fitHead({
      hidden: pickHiddenRows(read.pool, rows),
      labels: Float64Array.from(rows, (row) => pool[row]!.scores[name]!),
      peers: [],
      heldOutOf: () => undefined,
      foldOf: () => undefined,
      partOf: (row) => row % validationParts,
      regression: softLogistic,
    });
    const estimates = createMatrix(test.length, 1, (row) =>
      sigmoid(honestValue(head, read.test, row, undefined)),
    );
    const scores = createMatrix(test.length, 1, (row) => test[row]!.scores[name]!);
    const known = mean(pool.map((prompt) => prompt.scores[name]!));
    return rSquared(estimates, scores, [known])(new Float64Array(test.length).fill(1));
  });
  return mean(r2);
}

function summarise(runs: readonly { readonly suggested: number; readonly random: number }[]) {
  const gains = runs.map(({ suggested, random }) => suggested - random);
  const gain = mean(gains);
  const variance = gains.reduce((sum, value) => sum + (value - gain) ** 2, 0) / Math.max(1, gains.length - 1);
  return {
    suggested: mean(runs.map(({ suggested }) => suggested)),
    random: mean(runs.map(({ random }) => random)),
    gain,
    gainError: ninetyFivePercent * Math.sqrt(variance / gains.length),
  };
}

function surfaceScale(surfaces: readonly Float32Array[]) {
  const column = (i: number): number[] => surfaces.map((numbers) => numbers[i]!);
  const means = Array.from({ length: surfaceCount }, (_, i) => mean(column(i)));
  const deviations = means.map((center, i) =>
    Math.sqrt(mean(column(i).map((value) => (value - center) ** 2))),
  );
  return { mean: means, scale: deviations.map((deviation) => deviation || 1) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
