import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate } from "./candidate.ts";
import { expectedCost, inputTokens, outputTokens } from "./cost.ts";

const bare: Candidate = { name: "c", family: "f", endpoints: [], regions: [], residencies: [] };
const priced: Candidate = { ...bare, price: { inputUsdPerMtok: 2, outputUsdPerMtok: 8 } };

test("cost is input, cached input and output, each at its price", () => {
  const candidate = {
    ...bare,
    price: { inputUsdPerMtok: 2, cachedInputUsdPerMtok: 0.5, outputUsdPerMtok: 8 },
  };
  assert.deepEqual(expectedCost(candidate, { input: 3e6, cachedInput: 2e6, output: 1e6 }), {
    inputUsd: 2,
    cachedInputUsd: 1,
    outputUsd: 8,
    totalUsd: 11,
  });
});

test("cached input costs what input costs when no price is listed for it", () => {
  assert.equal(expectedCost(priced, { input: 1e6, cachedInput: 1e6, output: 0 })?.totalUsd, 2);
});

test("an unknown price or length makes the cost unknown, not zero", () => {
  assert.equal(expectedCost(bare, { input: 1, cachedInput: 0, output: 1 }), undefined);
  assert.equal(expectedCost(priced, { input: 1, cachedInput: 0, output: undefined }), undefined);
});

test("input tokens come from the candidate's own ratio, else four characters a token", () => {
  assert.equal(inputTokens(bare, 100), 25);
  assert.equal(inputTokens({ ...bare, charactersPerToken: 2 }, 100), 50);
});

test("the expected answer is the caller's word, else the estimate, else the candidate's mean", () => {
  const candidate = { ...bare, expectedOutputTokens: 300 };
  assert.equal(outputTokens(candidate, { expected: 10, predicted: 20 }), 10);
  assert.equal(outputTokens(candidate, { predicted: 20 }), 20);
  assert.equal(outputTokens(candidate, { predicted: Number.NaN }), 300);
  assert.equal(outputTokens(candidate, {}), 300);
});

test("the caller's maximum caps the expected answer and never sets it", () => {
  assert.equal(outputTokens({ ...bare, expectedOutputTokens: 300 }, { max: 100 }), 100);
  assert.equal(outputTokens({ ...bare, expectedOutputTokens: 300 }, { max: 4096 }), 300);
  assert.equal(outputTokens(bare, { max: 100 }), undefined);
});
