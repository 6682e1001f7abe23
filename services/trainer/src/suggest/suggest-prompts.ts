import { encodeInOrder } from "@ipr/encoders";
import { IprError, invalidField, status } from "@ipr/errors";
import { type Encoder, loadBundle, type TrunkModel } from "@ipr/estimator";
import { readHiddenRows } from "../add-model/hidden-rows.ts";
import { requireDirectoryOf, writeWhole } from "../evaluate/write-whole.ts";
import type { OnProgress } from "../progress.ts";
import { randomFor } from "../train/random.ts";
import { promptKey } from "../train/rows.ts";
import type { Points } from "../clusters/cluster-points.ts";
import { pickSpread } from "./pick-spread.ts";
import { readUnlabelledPrompts, type UnlabelledPrompt } from "./unlabelled-prompt.ts";

export interface SuggestOptions {
  /** JSON Lines of prompts, with or without labels. */
  readonly data: readonly string[];
  readonly count: number;
  /** Where the picked rows go, as they were read. */
  readonly out: string;
  readonly encoder: Encoder;
  /** With a bundle, prompts are told apart by what its hidden layer makes of them. */
  readonly bundle?: string | undefined;
  readonly seed?: number | undefined;
}

export interface SuggestReport {
  /** Prompts that could be picked, each once. */
  readonly prompts: number;
  /** Rows left out because an earlier one has the same prompt. */
  readonly duplicates: number;
  readonly suggested: number;
  readonly out: string;
}

const defaultSeed = 7;
/** Of more prompts than this a random part is looked at: clustering reads all of them many times. */
export const maxConsidered = 20_000;
/** Prompts nearer than this (cosine of their vectors) would be labelled twice for the price of little. */
const nearDuplicate = 0.98;

/**
 * Picks prompts to label first: spread over the kinds of prompt in proportion to how common they are, and none of them
 * nearly the same as another. Equal data and seed give the same prompts.
 */
export async function suggestPrompts(
  options: SuggestOptions,
  onProgress: OnProgress = () => {},
): Promise<SuggestReport> {
  const { count, out, encoder, seed = defaultSeed } = options;
  await requireDirectoryOf("out", out);
  const trunk = options.bundle === undefined ? undefined : await trunkOf(options.bundle, encoder);
  const random = randomFor(seed, "suggest");
  const { prompts, kept, duplicates } = await readDistinct(options.data, random);
  if (prompts < count) {
    throw invalidField(
      "count",
      `is ${count}, but the data have ${prompts} different prompts outside split test`,
    );
  }
  const texts = kept.map(({ text }) => text);
  const points = await pointsOf(texts, { encoder, trunk }, onProgress);
  onProgress({ stage: "pick", done: 0, total: 1 });
  const picked = pickSpread(points, count, random, (row, others) =>
    others.every((other) => cosine(points, row, other) < nearDuplicate),
  );
  onProgress({ stage: "pick", done: 1, total: 1 });
  await writeWhole(out, picked.map((row) => `${kept[row]!.line}\n`).join(""));
  return { prompts, duplicates, suggested: picked.length, out };
}

/** Each prompt once; of more than `maxConsidered`, as many drawn at random (reservoir sampling). */
async function readDistinct(files: readonly string[], random: () => number) {
  const seen = new Set<string>();
  const kept: UnlabelledPrompt[] = [];
  let rows = 0;
  for await (const prompt of readUnlabelledPrompts(files)) {
    rows++;
    const key = promptKey(prompt.text);
    if (seen.has(key)) continue;
    seen.add(key);
    if (kept.length < maxConsidered) kept.push(prompt);
    else {
      const at = Math.floor(random() * seen.size);
      if (at < maxConsidered) kept[at] = prompt;
    }
  }
  return { prompts: seen.size, kept, duplicates: rows - seen.size };
}

async function pointsOf(
  texts: readonly string[],
  { encoder, trunk }: { readonly encoder: Encoder; readonly trunk: TrunkModel | undefined },
  onProgress: OnProgress,
): Promise<Points> {
  if (trunk !== undefined) {
    const { rows, folds, units, values } = await readHiddenRows(texts, { encoder, trunk }, onProgress);
    return { rows, dimension: folds * units, values };
  }
  const values = new Float32Array(texts.length * encoder.dimension);
  let row = 0;
  for await (const embedding of encodeInOrder(encoder, texts)) {
    values.set(embedding, row * encoder.dimension);
    row++;
    if (row % 64 === 0 || row === texts.length)
      onProgress({ stage: "read prompts", done: row, total: texts.length });
  }
  return { rows: texts.length, dimension: encoder.dimension, values };
}

/** The layer that prompts are told apart by; a bundle of neighbours has none but the embedding. */
async function trunkOf(dir: string, encoder: Encoder): Promise<TrunkModel | undefined> {
  const { manifest, trunk } = await loadBundle(dir);
  const [expected, actual] = [manifest.encoder.id, encoder.id];
  if (expected !== actual) {
    throw new IprError(
      status.FAILED_PRECONDITION,
      "WRONG_ENCODER",
      `bundle ${dir} was trained with encoder ${expected}, not with ${actual}; give its directory with --encoder`,
      { metadata: { expected, actual } },
    );
  }
  return trunk.kind === "layer" ? trunk : undefined;
}

function cosine({ dimension, values }: Points, a: number, b: number): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < dimension; i++) {
    const x = values[a * dimension + i]!;
    const y = values[b * dimension + i]!;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  const lengths = Math.sqrt(squareA * squareB);
  return lengths === 0 ? 0 : product / lengths;
}
