import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptCostUsd, type AttemptRecord, meaningOfStatus, notConnected } from "./attempt.ts";

const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 1 };
const attempt: AttemptRecord = {
  candidate: "a",
  endpoint: "e",
  httpStatus: 200,
  error: "",
  firstByteMs: 1,
  durationMs: 2,
  usage: { inputTokens: 500_000, cachedInputTokens: 0, outputTokens: 500_000, reasoningTokens: 0 },
};

test("only what the caller's request can cause is the caller's", () => {
  const meanings = (statuses: number[]) => [...new Set(statuses.map(meaningOfStatus))];
  assert.deepEqual(meanings([200, 201]), ["answer"]);
  assert.deepEqual(meanings([400, 403, 413, 415, 422, 451]), ["caller"]);
  assert.deepEqual(meanings([301, 401, 402, 404, 408, 409, 429, 500, 502, 503, 529]), ["endpoint"]);
});

test("usage is billed even when the attempt failed after it", () => {
  assert.equal(attemptCostUsd(attempt, price), 1);
  assert.equal(attemptCostUsd({ ...attempt, error: "cut" }, price), 1);
});

test("a refusal and a missing connection cost nothing, a silent or cut answer an unknown sum", () => {
  const without = { ...attempt, usage: undefined };
  assert.equal(attemptCostUsd({ ...without, httpStatus: 429, error: "HTTP 429" }, price), 0);
  assert.equal(attemptCostUsd({ ...without, httpStatus: 0, error: `${notConnected}: refused` }, price), 0);
  assert.equal(attemptCostUsd({ ...without, httpStatus: 0, error: "no first byte" }, price), undefined);
  assert.equal(attemptCostUsd({ ...without, error: "cut" }, price), undefined);
});
