import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { answerCosts, assumedOutputTokens, expectedCosts, meanOutputTokens } from "./costs.ts";
import { fallbackLengths } from "./to-sample.ts";

const prompt = (characters: number, outputTokens: Record<string, number>): LabelledPrompt => ({
  id: "row",
  source: "",
  text: "x",
  characters,
  scores: {},
  outputTokens,
  split: "test",
});
const prices = [
  { inputUsdPerMtok: 1, outputUsdPerMtok: 2 },
  { inputUsdPerMtok: 10, outputUsdPerMtok: 20 },
];
const pool = ["small", "large"];
const perMillion = (values: Float64Array) =>
  Array.from(values, (value) => Math.round(value * 1e6 * 1e6) / 1e6);

test("an answer costs its prompt's tokens and its own, by the candidate's prices", () => {
  const costs = answerCosts([prompt(400, { small: 50, large: 10 })], pool, prices, [0, 0]);
  assert.deepEqual(perMillion(costs.values), [100 + 100, 1_000 + 200]);
});

test("an answer of unknown length has the fallback length, not none", () => {
  const costs = answerCosts([prompt(400, { small: 50 })], pool, prices, [7, 30]);
  assert.deepEqual(perMillion(costs.values), [200, 1_000 + 600]);
});

test("an expected cost uses the predicted length where there is one", () => {
  const predicted = createMatrix(1, 2, (_, column) => (column === 0 ? 100 : Number.NaN));
  const costs = expectedCosts([prompt(400, { small: 5, large: 5 })], predicted, prices, [7, 30]);
  assert.deepEqual(perMillion(costs.values), [100 + 200, 1_000 + 600]);
});

test("the fallback is the candidate's mean, else a number that is said", () => {
  const prompts = [prompt(4, { small: 10 }), prompt(4, { small: 30 }), prompt(4, {})];
  assert.equal(meanOutputTokens(prompts, "small"), 20);
  assert.equal(meanOutputTokens(prompts, "large"), undefined);
  const { fallbackTokens, notes } = fallbackLengths(prompts, pool, new Map());
  assert.deepEqual(fallbackTokens, [20, assumedOutputTokens]);
  assert.deepEqual(notes, ["no answer lengths in the data: 200 output tokens assumed for large"]);
});
