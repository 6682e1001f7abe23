import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createPredictor, loadBundle, loadEncoder, type QualityEstimate } from "@ipr/estimator";
import { temporaryDirectory, type TemporaryDirectory } from "@ipr/testing";
import { type Progress, train, type TrainOptions, type TrainReport } from "../src/index.ts";
import { writeTinyData, writeTinyEncoder } from "../src/train/tiny-world.ts";

const fast = { hidden: 16, maxEpochs: 20, learningRate: 5e-3, batchRows: 64 };

let dir: TemporaryDirectory;
let encoder: string;
let data: string;
let report: TrainReport;
const progress: Progress[] = [];

before(async () => {
  dir = await temporaryDirectory();
  encoder = await writeTinyEncoder(dir.path);
  data = await writeTinyData(dir.path, 800);
  report = await train(options("bundle"), (step) => progress.push(step));
});
after(() => dir[Symbol.asyncDispose]());

test("learns what the prompt says about quality, from labels that are half missing", async () => {
  const hard = await predict("prove theorem please", "bundle");
  const easy = await predict("add numbers please", "bundle");
  assert.ok(easy["weak"]!.quality > 0.75 && hard["weak"]!.quality < 0.25, JSON.stringify([easy, hard]));
  assert.ok(easy["strong"]!.quality > 0.8 && hard["strong"]!.quality > 0.8);
  assert.ok(report.test!.r2 > 0.1 && report.test!.auc > 0.6, JSON.stringify(report.test));
  assert.deepEqual(Object.keys(report.testBySource), ["tiny"]);
});

test("learns how long answers are, and predicts no length where none was measured", async () => {
  const hard = await predict("prove theorem please", "bundle");
  const easy = await predict("add numbers please", "bundle");
  const [long, short] = [hard["strong"]!.outputTokens!, easy["strong"]!.outputTokens!];
  assert.ok(long > 600 && long < 1600 && short > 50 && short < 300, `${long} ${short}`);
  assert.equal(hard["weak"]!.outputTokens, undefined);
});

test("a candidate with fewer than 100 labels is predicted by its mean, with a wide interval", async () => {
  const rare = report.candidates.find(({ name }) => name === "rare")!;
  assert.equal(rare.hasAdapter, false);
  assert.ok(rare.labels < 100);
  const [easy, hard] = [await predict("add numbers", "bundle"), await predict("prove theorem", "bundle")];
  assert.equal(easy["rare"]!.quality, hard["rare"]!.quality);
  const width = ({ qualityLow, qualityHigh }: QualityEstimate): number => qualityHigh - qualityLow;
  assert.ok(width(easy["rare"]!) > 2 * width(easy["strong"]!));
});

test("equal data, options and seed give the same bundle; another seed another one", async () => {
  const again = await train(options("again"));
  const other = await train({ ...options("other"), seed: 8 });
  assert.equal(again.bundle, report.bundle);
  assert.notEqual(other.bundle, report.bundle);
});

test("the table says what each tolerance did, where prices and labels allow", async () => {
  const { toleranceTable } = await loadBundle(join(dir.path, "bundle"));
  assert.equal(toleranceTable, undefined);
  assert.ok(
    report.notes.some((note) => note.startsWith("no tolerance table: ")),
    report.notes.join(),
  );

  const prices = join(dir.path, "prices.json");
  const price = (usd: number): object => ({
    input_per_1m_usd: usd,
    output_per_1m_usd: usd,
    source: "a test",
    as_of: "2026-01-01",
  });
  await writeFile(prices, JSON.stringify({ prices: { strong: price(10), weak: price(1) } }));
  const priced = await train({ ...options("priced"), candidates: ["strong", "weak"], prices });
  assert.deepEqual([priced.unpriced, report.unpriced], [[], ["rare", "strong", "weak"]]);
  const table = (await loadBundle(join(dir.path, "priced"))).toleranceTable!;
  assert.deepEqual([table.reference, table.pool.length, table.points.length], ["strong", 2, 51]);
  assert.ok(table.points.at(-1)!.saving > 0.8, "the cheapest for every prompt");
  assert.ok(table.points.every(({ saving }, i) => i === 0 || saving >= table.points[i - 1]!.saving));
  assert.equal(table.priceWeights[0]!.lambda, 0);
  assert.ok(table.priceWeights.at(-1)!.saving > 0.8, "all weight on the price");
  assert.ok(
    table.priceWeights.every(({ saving }, i) => i === 0 || saving >= table.priceWeights[i - 1]!.saving),
  );
  const modest = table.points.find(({ tolerance }) => tolerance === 0.2)!;
  assert.ok(modest.saving > 0.02 && modest.qualityRatio > 0.9, JSON.stringify(modest));
});

test("progress goes through its stages and each ends whole", () => {
  const stages = Map.groupBy(progress, ({ stage }) => stage);
  assert.deepEqual([...stages.keys()], ["read data", "read prompts", "train", "measure on test"]);
  for (const steps of stages.values()) {
    assert.equal(steps.at(-1)!.done, steps.at(-1)!.total);
    assert.ok(steps.every(({ done }, i) => i === 0 || done >= steps[i - 1]!.done));
  }
});

test("what cannot be trained is refused before anything is written", async () => {
  const broken = join(dir.path, "broken.jsonl");
  const lines = (await readFile(data, "utf8")).split("\n");
  await writeFile(broken, [...lines.slice(0, 9), '{"id": "x", "prompt"', ...lines.slice(9)].join("\n"));
  await assert.rejects(train({ ...options("no"), data: [broken] }), /broken\.jsonl:10 is not a JSON object/);
  await assert.rejects(
    train({ ...options("no"), candidates: ["nobody"] }),
    /nobody has no label in the data/,
  );
  await assert.rejects(train({ ...options("no"), candidates: ["rare"] }), /no candidate has 100 labels/);
  await assert.rejects(train({ ...options("no"), encoder: dir.path }), /encoder\.json is missing/);
  await assert.rejects(loadBundle(join(dir.path, "no")), /manifest\.json is missing/);
});

function options(out: string): TrainOptions {
  return { data: [data], encoder, out: join(dir.path, out), seed: 7, hyperparameters: fast };
}

async function predict(text: string, bundle: string): Promise<Record<string, QualityEstimate>> {
  const predictor = createPredictor(await loadBundle(join(dir.path, bundle)));
  const embedding = await (await loadEncoder(encoder)).encode(text);
  return Object.fromEntries(
    predictor.predict({ text, embedding }).map((estimate) => [estimate.candidate, estimate]),
  );
}
