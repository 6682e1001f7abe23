import assert from "node:assert/strict";
import { test } from "node:test";
import { exactPrice } from "./exact-price.ts";

const priced = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  costUsd: (inputTokens * 1.25 + outputTokens * 10) / 1_000_000,
});
const answers = [priced(100, 50), priced(200, 10), priced(12, 3000)];

test("a price that explains every cost is told", () => {
  assert.deepEqual(exactPrice(answers), { inputUsdPerMtok: 1.25, outputUsdPerMtok: 10 });
});

test("answers whose tokens or cost are unknown say nothing", () => {
  const unknown = { inputTokens: 5, outputTokens: undefined, costUsd: 1 };
  assert.deepEqual(exactPrice([...answers, unknown]), { inputUsdPerMtok: 1.25, outputUsdPerMtok: 10 });
});

test("no price is told when one cost does not follow from it, or when many prices would do", () => {
  assert.equal(exactPrice([...answers, { inputTokens: 100, outputTokens: 50, costUsd: 0.001 }]), undefined);
  assert.equal(exactPrice([priced(100, 50), priced(200, 100)]), undefined);
  assert.equal(exactPrice([priced(100, 50)]), undefined);
  assert.equal(exactPrice([]), undefined);
});
