import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { costUsd, type TokenPrice, totalUsd } from "./cost.ts";
import { parseUsage, type TokenUsage } from "./usage.ts";

const price: TokenPrice = { inputUsdPerMtok: 2, cachedInputUsdPerMtok: 0.5, outputUsdPerMtok: 8 };
const usage = (inputTokens: number, outputTokens: number, cachedInputTokens = 0): TokenUsage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  reasoningTokens: 0,
});

test("bills uncached input, cached input and output each at its own price", () => {
  assert.equal(costUsd(usage(1_000_000, 500_000, 250_000), price), 0.75 * 2 + 0.25 * 0.5 + 0.5 * 8);
});

test("bills cached input at the input price when the provider has no other", () => {
  const plain: TokenPrice = { inputUsdPerMtok: 2, outputUsdPerMtok: 8 };
  assert.equal(costUsd(usage(1_000_000, 0, 400_000), plain), 2);
});

test("an unknown price, unknown usage or unknown part makes the cost unknown, never zero", () => {
  assert.equal(costUsd(usage(1, 1), undefined), undefined);
  assert.equal(costUsd(undefined, price), undefined);
  assert.equal(totalUsd([0.5, undefined]), undefined);
  assert.equal(totalUsd([0.5, 0]), 0.5);
});

test("a price of zero is a price", () => {
  assert.equal(costUsd(usage(10, 10), { inputUsdPerMtok: 0, outputUsdPerMtok: 0 }), 0);
});

test("more cached input never costs more than less of it when the cache is cheaper", () => {
  const tokens = fc.nat(1_000_000);
  fc.assert(
    fc.property(tokens, tokens, tokens, (input, a, b) => {
      const few = Math.min(a, b, input);
      const many = Math.min(Math.max(a, b), input);
      return costUsd(usage(input, 7, many), price)! <= costUsd(usage(input, 7, few), price)! + 1e-12;
    }),
  );
});

test("usage is read with its details, and is unknown when the totals are not counts", () => {
  assert.deepEqual(
    parseUsage({
      prompt_tokens: 9,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    }),
    { inputTokens: 9, cachedInputTokens: 4, outputTokens: 5, reasoningTokens: 2 },
  );
  assert.deepEqual(parseUsage({ prompt_tokens: 9, completion_tokens: 5 }), usage(9, 5));
  for (const odd of [null, "9", {}, { prompt_tokens: 9 }, { prompt_tokens: -1, completion_tokens: 5 }]) {
    assert.equal(parseUsage(odd), undefined);
  }
});
