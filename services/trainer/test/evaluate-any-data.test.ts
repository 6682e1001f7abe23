import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Adapter, BundleContent } from "@ipr/estimator";
import { promptDigests, surfaceCount, trunkRows, writeBundle } from "@ipr/estimator";
import { seededRandom } from "@ipr/testing";
import { evaluate, evaluationJson, formatEvaluation, renderReport } from "../src/index.ts";
import { easyAndHard, type World } from "./fixtures/easy-and-hard.ts";

interface Shape {
  readonly rows?: number;
  readonly candidates?: number;
  readonly hasSource?: boolean;
  readonly hasTokens?: boolean;
  readonly hasPrices?: boolean;
  /** Share of labels that are missing. */
  readonly missing?: number;
  readonly split?: "test";
}

/** A data set of the given shape, and a bundle by hand for its candidates: the later ones are dearer and better. */
async function dataOf(world: World, shape: Shape) {
  const { rows = 300, candidates = 3, hasSource = true, hasTokens = true, missing = 0 } = shape;
  const names = Array.from({ length: candidates }, (_, index) => `candidate-${index}`);
  const random = seededRandom(17);
  const skill = (index: number) => 0.15 + (0.7 * index) / candidates;
  const lines = Array.from({ length: rows }, (_, row) => {
    const isEasy = row % 4 < 2;
    const labelled = names.filter((_, index) => random() >= missing || index === row % candidates);
    const score = (name: string) => Number(random() < (isEasy ? 0.9 : skill(names.indexOf(name))));
    return JSON.stringify({
      id: `row-${row}`,
      ...(hasSource ? { source: `kind-${row % 2}` } : {}),
      prompt: `${isEasy ? "easy" : "hard"} question ${row}`,
      scores: Object.fromEntries(labelled.map((name) => [name, score(name)])),
      ...(hasTokens
        ? { output_tokens: Object.fromEntries(labelled.map((name) => [name, 50 + (row % 7)])) }
        : {}),
      split: shape.split ?? (row % 3 === 2 ? "test" : "train"),
    });
  });
  const data = join(world.path, "shaped.jsonl");
  await writeFile(data, lines.join("\n"));
  if (shape.hasPrices !== false) {
    const price = (usd: number) => ({
      input_per_1m_usd: usd,
      output_per_1m_usd: usd,
      source: "made up",
      as_of: "2026",
    });
    const prices = Object.fromEntries(names.map((name, index) => [name, price(0.1 * (index + 1))]));
    await writeFile(join(world.path, "shaped.meta.json"), JSON.stringify({ prices }));
  }
  const bundle = join(world.path, "shaped-bundle");
  await writeBundle(bundle, bundleOf(world.encoder.id, names, skill));
  return { bundle, encoder: world.encoder, data: [data], resamples: 30 };
}

function bundleOf(
  encoder: string,
  names: readonly string[],
  skill: (index: number) => number,
): BundleContent {
  const weights = new Float32Array(trunkRows(2));
  weights.fill(4, 1, 2);
  const head = (hard: number): Adapter => ({
    kind: "linear",
    folds: 1,
    quality: Float32Array.of((2.2 - hard) / 4, hard),
    tokens: undefined,
  });
  const logit = (share: number) => Math.log(share / (1 - share));
  return {
    createdAt: "2026-01-01T00:00:00.000Z",
    encoder,
    trunk: {
      kind: "layer",
      activation: "gelu",
      folds: 1,
      hidden: 1,
      dimension: 2,
      surface: { mean: Array(surfaceCount).fill(0), scale: Array(surfaceCount).fill(1) },
      weights,
    },
    topics: undefined,
    candidates: names.map((name, index) => ({
      name,
      labels: 500,
      fitted: "jointly",
      meanLogit: 0,
      adapter: head(logit(skill(index))),
      topicMeans: undefined,
      calibration: { slope: 1, intercept: 0 },
      residual: 0.1,
      outputTokens: undefined,
    })),
    toleranceTable: "made by hand",
    trainedOn: promptDigests([]),
    data: { files: [], rows: { train: 0, val: 0, test: 0 }, droppedRows: 0, sources: {} },
    metrics: {},
    training: { seed: 1, folds: 1 },
  };
}

/** What holds of every evaluation: printable in all forms, JSON with the documented keys and without numbers that are none. */
function assertWhole(evaluation: Awaited<ReturnType<typeof evaluate>>): void {
  const json = evaluationJson(evaluation);
  const printed = JSON.parse(json);
  assert.doesNotMatch(json, /NaN|Infinity/);
  for (const key of ["r2", "auc", "ece", "mae"])
    assert.deepEqual(Object.keys(printed.prediction[key]), ["value", "low", "high"]);
  for (const rule of ["gate", "utility"])
    assert.deepEqual(Object.keys(printed.rules[rule].targets), ["1.00", "0.99", "0.97", "0.95"]);
  for (const name of ["frontier", "random", "oracle"])
    assert.deepEqual(Object.keys(printed.references[name].area), ["value", "low", "high"]);
  for (const text of [formatEvaluation(evaluation), renderReport(evaluation)])
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
  assert.match(formatEvaluation(evaluation), /\nVerdict: .+\n$/);
}

for (const candidates of [2, 50]) {
  test(`${candidates} candidates are evaluated with their controls`, async () => {
    await using world = await easyAndHard();
    const evaluation = await evaluate(await dataOf(world, { candidates }));
    assertWhole(evaluation);
    assert.equal(evaluation.candidates.length, candidates);
    assert.equal("apgr" in evaluation, candidates === 2);
    assert.deepEqual(Object.keys(evaluation.controls!.groups), ["kind-0", "kind-1"]);
    assert.ok(evaluation.prediction.r2.value > 0.1);
    const ungrouped = { ...evaluation, controls: { ...evaluation.controls!, groups: {} } };
    for (const text of [formatEvaluation(ungrouped), renderReport(ungrouped)])
      assert.match(text, /no group of the training data has 20 measured rows/);
    assert.ok(evaluation.controls!.ridge.r2.value > 0.1);
    assert.ok(evaluation.controls!.randomFeatures.r2.high < 0.1);
  });
}

test("prompts without source are clustered for the controls, and no figure within sources is made up", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { hasSource: false }));
  assertWhole(evaluation);
  assert.equal(evaluation.controls!.groupedBy, "clusters of prompts");
  assert.ok(Number.isNaN(evaluation.prediction.withinSourceAuc.value));
  assert.deepEqual(evaluation.perSource, {});
});

test("without answer lengths a length is assumed and noted", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { hasTokens: false }));
  assertWhole(evaluation);
  assert.match(evaluation.notes.join("\n"), /200 output tokens assumed/);
});

test("every label counts for prediction, complete rows alone for routing", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { rows: 600, missing: 0.2 }));
  assertWhole(evaluation);
  assert.equal(evaluation.rows, 200);
  assert.ok(evaluation.routedRows > 20 && evaluation.routedRows < 200, `${evaluation.routedRows}`);
  assert.equal(evaluation.routingNotMeasured, undefined);
  assert.ok(evaluation.prediction.r2.value > 0.1);
});

test("candidates that are hardly labelled together have estimates measured, routing not, with the reason", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { rows: 600, candidates: 6, missing: 0.8 }));
  assertWhole(evaluation);
  assert.equal(evaluation.verdict.conclusion, "not-measured");
  assert.match(evaluation.verdict.text, /rows have a label of every candidate, but at least 20 are needed/);
  assert.ok(evaluation.prediction.auc.value > 0.6);
  assert.doesNotMatch(renderReport(evaluation), /<h2>Cost and quality/);
});

test("without prices the estimates are measured, and the verdict says how to give prices", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { hasPrices: false }));
  assertWhole(evaluation);
  assert.match(evaluation.verdict.text, /^Routing was not measured: no price of .*give --prices FILE/);
  assert.ok(evaluation.prediction.r2.value > 0.1);
  assert.ok(evaluation.prediction.ece.high < 0.5);
});

test("20 rows of one split are enough, and the figures are as uncertain as that", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(await dataOf(world, { rows: 20, split: "test" }));
  assertWhole(evaluation);
  assert.equal(evaluation.rows, 20);
  assert.match(evaluation.notRun.join(), /0 rows of train and val have a label of every candidate/);
});

test("each further pool has figures and a verdict of its own, as if it were evaluated alone", async () => {
  await using world = await easyAndHard();
  const options = await dataOf(world, { candidates: 4 });
  const pool = ["candidate-0", "candidate-3"];
  const both = await evaluate({ ...options, pool: ["candidate-1", "candidate-2"], morePools: [pool] });
  const alone = await evaluate({ ...options, pool });
  assert.deepEqual(
    both.pools?.map(({ candidates }) => candidates),
    [pool],
  );
  assert.deepEqual(both.pools?.[0]?.rules, alone.rules);
  assert.deepEqual(both.pools?.[0]?.verdict, alone.verdict);
  assert.match(formatEvaluation(both), /\nPool candidate-0, candidate-3: /);
});

test("the pool that the data suggest is evaluated too, unless a pool was chosen", async () => {
  await using world = await easyAndHard();
  const options = await dataOf(world, { candidates: 4 });
  const [data] = options.data;
  const meta = data!.replace(".jsonl", ".meta.json");
  const price = { input_per_1m_usd: 1, output_per_1m_usd: 1, source: "made up", as_of: "2026" };
  const prices = {
    "candidate-0": { ...price, input_per_1m_usd: 0.1 },
    "candidate-1": price,
    "candidate-2": price,
  };
  const suggested = ["candidate-0", "candidate-1"];
  await writeFile(meta, JSON.stringify({ prices, suggested_ladder: suggested }));
  assert.deepEqual(
    (await evaluate(options)).pools?.map(({ candidates }) => candidates),
    [suggested],
  );
  assert.equal((await evaluate({ ...options, pool: suggested })).pools, undefined);
});

test("mean costs in the place of predicted ones change what rules believe, not what answers cost", async () => {
  await using world = await easyAndHard();
  const options = await dataOf(world, {});
  const [predicted, mean] = [await evaluate(options), await evaluate({ ...options, costs: "mean" })];
  assertWhole(mean);
  assert.equal(mean.costs, "mean");
  assert.deepEqual(mean.perCandidate, predicted.perCandidate);
  assert.deepEqual(mean.references.frontier, predicted.references.frontier);
});
