import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createPredictor, encoderId, loadBundle, loadEncoder, readEncoderManifest } from "@ipr/estimator";
import { columnMeans, rSquared } from "@ipr/evaluation";
import { joinData } from "../src/index.ts";
import { predictRows } from "../src/evaluate/predict-rows.ts";
import { scoreMatrix } from "../src/train/rows.ts";

const shipped = (path: string): string =>
  fileURLToPath(new URL(`../../../deploy/default/${path}`, import.meta.url));
const bundle = await loadBundle(shipped("bundle"));
const encoder = await loadEncoder(shipped("encoder"));
const predictor = createPredictor(bundle);

test("the shipped bundle was trained with the shipped encoder", () => {
  assert.equal(bundle.manifest.encoder.id, encoder.id);
});

test("the shipped transformer has a bundle of its own, of the same candidates", async () => {
  const transformer = await readEncoderManifest(shipped("encoders/minilm"));
  const own = await loadBundle(shipped("bundle-minilm"));
  assert.equal(own.manifest.encoder.id, encoderId(transformer));
  assert.deepEqual(
    own.candidates.map(({ name }) => name),
    bundle.candidates.map(({ name }) => name),
  );
});

test("it knows the candidates of several families", () => {
  const families = ["claude", "gemini", "gpt", "llama", "qwen"];
  const known = families.filter((family) =>
    predictor.candidates.some((name) => name.toLowerCase().includes(family)),
  );
  assert.deepEqual(known, families);
  assert.ok(predictor.candidates.length >= 11);
});

test("it expects less of a small model, and less on a hard prompt", async () => {
  const estimate = async (text: string): Promise<Record<string, number>> => {
    const estimates = predictor.predict({ text, embedding: await encoder.encode(text) });
    return Object.fromEntries(estimates.map(({ candidate, quality }) => [candidate, quality]));
  };
  const [easy, hard] = [await estimate("What is 2+2?"), await estimate("Prove that sqrt(2) is irrational")];
  for (const prompt of [easy, hard])
    assert.ok(prompt["o1-mini-2024-09-12"]! > prompt["gemma-2-2b-it"]! + 0.2);
  for (const name of ["gpt-4o-2024-08-06", "Llama-3.1-8B-Instruct", "gemma-2-2b-it"]) {
    assert.ok(easy[name]! > hard[name]!, name);
  }
});

test("its predictions on the shipped test prompts are as good as its manifest says", async () => {
  const rows = await joinData([shipped("data/zeroeval.jsonl.gz")]);
  const tested = rows.filter(({ split }) => split === "test");
  const names = Object.keys(tested[0]!.scores);
  const { quality } = await predictRows(tested, names, { encoder, predictor }, () => {});
  const means = columnMeans(
    scoreMatrix(
      rows.filter(({ split }) => split !== "test"),
      names,
    ),
  );
  const r2 = rSquared(quality, scoreMatrix(tested, names), means)(new Float64Array(tested.length).fill(1));
  // The manifest's means are those of all sets together, so the figures agree to two digits only.
  assert.ok(Math.abs(r2 - bundle.manifest.metrics.testBySource!["zeroeval"]!.r2) < 0.02, String(r2));
});

test("a prediction has an estimate in [0, 1] for every candidate", async () => {
  const text = "Prove that there are infinitely many primes, and explain each step in plain words.";
  const estimates = predictor.predict({ text, embedding: await encoder.encode(text) });
  assert.deepEqual(
    estimates.map(({ candidate }) => candidate),
    predictor.candidates,
  );
  for (const { candidate, quality } of estimates) assert.ok(quality >= 0 && quality <= 1, candidate);
});
