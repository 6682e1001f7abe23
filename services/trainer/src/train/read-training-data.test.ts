import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { extractFeatures, loadEncoder, promptDigest, standardiseSurface, surfaceCount } from "@ipr/estimator";
import { temporaryDirectory, type TemporaryDirectory } from "@ipr/testing";
import {
  createFeatureTableBuilder,
  embeddingScale,
  featureWidth,
  fillDense,
  standardiseTable,
} from "./feature-table.ts";
import { extractBatch } from "./extract-batch.ts";
import { readTrainingData, type TrainingData } from "./read-training-data.ts";
import { foldOf, labelledRows, logTokensOf, scoresOf } from "./rows.ts";
import { writeTinyData, writeTinyEncoder } from "./tiny-world.ts";

let dir: TemporaryDirectory;
let directory: string;
before(async () => {
  dir = await temporaryDirectory();
  directory = await writeTinyEncoder(dir.path);
});
after(() => dir[Symbol.asyncDispose]());

test("a row of train or val with the prompt of a test row is left out, with all that was read of it", async () => {
  const {
    development,
    features,
    test: tested,
    counts,
  } = await read([
    row("1", "What is 2+2?", "train"),
    row("2", "what  is\n2+2?", "test"),
    row("3", "prove theorem now", "val"),
    row("4", "add numbers", "train"),
  ]);
  assert.deepEqual([...development.digests], ["prove theorem now", "add numbers"].map(promptDigest));
  assert.deepEqual(
    tested.map(({ id }) => id),
    ["2"],
  );
  assert.equal(counts.dropped, 1);
  assert.equal(features.rows, 2);
  assert.deepEqual(
    await denseOf({ development, features }),
    await servedFeatures(["prove theorem now", "add numbers"]),
  );
});

test("a missing label is unknown, not zero", async () => {
  const { development } = await read([
    { ...row("1", "a", "train", { x: 0 }), output_tokens: { x: 9 } },
    row("2", "b", "train", { y: 1 }),
  ]);
  assert.deepEqual([...scoresOf(development, ["x", "y"]).values], [0, Number.NaN, Number.NaN, 1]);
  assert.deepEqual([...logTokensOf(development, ["x"]).values], [Math.log1p(9), Number.NaN]);
  assert.deepEqual(labelledRows(development, [1, 0], ["x", "y"]), [
    { characters: 1, scores: { y: 1 }, outputTokens: {} },
    { characters: 1, scores: { x: 0 }, outputTokens: { x: 9 } },
  ]);
});

test("rows of one id are one prompt with all its labels, in train and in test, over files and within one", async () => {
  const first = await file([row("1", "a", "train", { x: 0 }), row("2", "b", "test", { x: 1 })]);
  const second = await file([
    row("2", "b", "test", { y: 0 }),
    row("1", "a", "train", { y: 1 }),
    row("1", "a", "train", { z: 0.5 }),
  ]);
  const { development, test: tested, counts } = await readFiles([first, second]);
  assert.deepEqual([...scoresOf(development, ["x", "y", "z"]).values], [0, 1, 0.5]);
  assert.deepEqual(tested[0]!.scores, { x: 1, y: 0 });
  assert.equal(counts.joined, 3);
});

test("rows of one id that contradict each other are refused", async () => {
  const known = [row("1", "a", "train", { x: 0.1 }), row("2", "b", "test", { x: 1 })];
  const refused = (other: object, what: RegExp) => assert.rejects(read([...known, other]), what);
  await refused(row("1", "A", "train", { y: 1 }), /"1" whose prompt or split differs/);
  await refused(row("1", "a", "val", { y: 1 }), /"1" whose prompt or split differs/);
  await refused(row("2", "c", "test", { y: 1 }), /"2" whose prompt or split differs/);
  await refused(row("1", "a", "train", { x: 0.2 }), /another score for x in row "1"/);
  await refused(row("2", "b", "test", { x: 0 }), /another score for x in row "2"/);
  assert.equal((await read([...known, row("1", "a", "train", { x: 0.1 })])).counts.joined, 1);
});

test("rows without a label of the wanted candidates are counted and not read", async () => {
  const rows = [row("1", "a", "train", { x: 0 }), row("2", "b", "train", { y: 0 })];
  const { development, candidates, counts } = await read(rows, ["y"]);
  assert.deepEqual([candidates, development.rows, counts.unlabelled], [["y"], 1, 1]);
  await assert.rejects(read(rows, ["z"]), /z has no label in the data, which has x, y/);
});

test("what is read in parallel comes out in the order of the rows, with its folds", async () => {
  const path = await writeTinyData(dir.path, 3000, "many.jsonl");
  const { development, features } = await readFiles([path]);
  const lines = (await readFile(path, "utf8")).split("\n");
  const texts = lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt);
  const byDigest = new Map(texts.map((text) => [promptDigest(text), text]));
  const kept = Array.from(development.digests, (digest) => byDigest.get(digest)!);
  assert.deepEqual(
    kept,
    texts.filter((text) => kept.includes(text)),
  );
  assert.ok(kept.every((text, i) => foldOf(text, { seed: 7, folds: 5 }) === development.foldHashes[i]! % 5));
  assert.deepEqual(await denseOf({ development, features }), await servedFeatures(kept));
});

test("a large table keeps embeddings in half precision, from the first row on", async () => {
  const encoder = await loadEncoder(directory);
  const texts = ["add numbers", "prove theorem", "please now", "deep small"];
  const [full, half] = [createFeatureTableBuilder(8), createFeatureTableBuilder(8, 3)];
  for (const text of texts) {
    const batch = await extractBatch({ texts: [text], seed: 1 }, encoder);
    full.append(batch);
    half.append(batch);
  }
  const [exact, rounded] = [full.finish().embeddings, half.finish().embeddings];
  assert.ok(exact instanceof Float32Array && rounded instanceof Float16Array);
  assert.deepEqual([...rounded], [...Float16Array.from(exact)]);
});

interface Row {
  readonly id: string;
}

function row(id: string, prompt: string, split: string, scores: Record<string, number> = { x: 1 }): Row {
  return { id, prompt, split, scores } as Row;
}

let files = 0;
async function file(rows: readonly object[]): Promise<string> {
  const path = join(dir.path, `data-${files++}.jsonl`);
  await writeFile(path, rows.map((each) => JSON.stringify(each)).join("\n"));
  return path;
}

async function read(rows: readonly object[], candidates?: readonly string[]): Promise<TrainingData> {
  return readFiles([await file(rows)], candidates);
}

function readFiles(paths: readonly string[], candidates?: readonly string[]): Promise<TrainingData> {
  return readTrainingData(
    { files: paths, candidates, encoder: { directory, dimension: 8 }, seed: 7 },
    () => {},
  );
}

/** All rows as the network reads them. */
async function denseOf({
  development,
  features,
}: Pick<TrainingData, "development" | "features">): Promise<Float32Array> {
  standardiseTable(features);
  const dense = new Float32Array(development.rows * featureWidth(features));
  fillDense(features, [...development.digests.keys()], dense);
  return dense;
}

/** The same as the predictor of a bundle reads prompts, which has the scale in its weights. */
async function servedFeatures(texts: readonly string[]): Promise<Float32Array> {
  const encoder = await loadEncoder(directory);
  const surfaces = texts.map((text) => extractFeatures(text).surface);
  const mean = Array.from(
    { length: surfaceCount },
    (_, i) => surfaces.reduce((sum, s) => sum + s[i]!, 0) / texts.length,
  );
  const scale = mean.map(
    (m, i) => Math.sqrt(surfaces.reduce((sum, s) => sum + (s[i]! - m) ** 2, 0) / texts.length) || 1,
  );
  const rows = await Promise.all(
    texts.map(async (text, i) => {
      const ngrams = new Float32Array(4096);
      const { indices, values } = extractFeatures(text).ngrams;
      for (const [at, bucket] of indices.entries()) ngrams[bucket] = values[at]!;
      const embedding = (await encoder.encode(text)).map((value) => embeddingScale * value);
      return [...embedding, ...standardiseSurface(surfaces[i]!, { mean, scale }), ...ngrams];
    }),
  );
  return Float32Array.from(rows.flat());
}
