import assert from "node:assert/strict";
import { test } from "node:test";
import { createPredictor, loadBundle } from "@ipr/estimator";
import { foldsOf } from "../src/evaluate/fold-bundle.ts";
import { predictRows } from "../src/evaluate/predict-rows.ts";
import { readPricesBeside } from "../src/evaluate/read-prices.ts";
import { joinData, train } from "../src/index.ts";
import { poolSample } from "../src/train/pool-sample.ts";
import { toleranceTable } from "../src/train/tolerance-table.ts";
import { easyAndHard } from "./fixtures/easy-and-hard.ts";

test("the folds' estimates have the ensemble's log-odds as their mean", async () => {
  await using world = await easyAndHard();
  const bundle = await loadBundle(world.bundle);
  const prompt = { text: "hard question", embedding: await world.encoder.encode("hard question") };
  const ensemble = createPredictor(bundle).predict(prompt);
  const folds = foldsOf(bundle)!.estimators.map((estimator) => createPredictor(estimator).predict(prompt));
  for (const [index, { logit }] of ensemble.entries()) {
    const mean = folds.reduce((sum, estimates) => sum + estimates[index]!.logit, 0) / folds.length;
    assert.ok(Math.abs(mean - logit) < 1e-6);
  }
});

test("estimates by the fold of the prompt are those that training held out: they give its tolerance table", async () => {
  await using world = await easyAndHard();
  const out = `${world.path}/trained`;
  const hyperparameters = { hidden: 4, maxEpochs: 12, learningRate: 0.01 };
  await train({
    data: [world.data],
    encoder: world.encoderDirectory,
    out,
    candidates: ["small", "large"],
    hyperparameters,
    folds: 3,
  });
  const bundle = await loadBundle(out);
  const folds = foldsOf(bundle)!;
  const predictors = folds.estimators.map((estimator) => createPredictor(estimator));
  const development = (await joinData([world.data])).filter(({ split }) => split !== "test");
  const { prices } = await readPricesBeside([world.data]);
  const pool = ["small", "large"];
  const distance = async (shift: number): Promise<number> => {
    const predictor = (text: string) => predictors[(folds.foldOf(text) + shift) % predictors.length]!;
    const estimates = await predictRows(development, pool, { encoder: world.encoder, predictor }, () => {});
    const table = toleranceTable(poolSample({ pool, prompts: development, ...estimates }, prices));
    assert.ok(typeof table === "object");
    return Math.max(
      ...table.points.map(({ qualityRatio }, i) =>
        Math.abs(qualityRatio - bundle.toleranceTable!.points[i]!.qualityRatio),
      ),
    );
  };
  const [own, other] = [await distance(0), await distance(1)];
  assert.ok(own < 0.005 && own < other / 4, `own fold ${own}, another fold ${other}`);
});

test("a bundle that does not say how its folds were drawn has none", async () => {
  await using world = await easyAndHard();
  const bundle = await loadBundle(world.bundle);
  assert.notEqual(foldsOf(bundle), undefined);
  const { seed: _, ...training } = bundle.manifest.training;
  assert.equal(foldsOf({ ...bundle, manifest: { ...bundle.manifest, training } }), undefined);
});
