import assert from "node:assert/strict";
import { test } from "node:test";
import { createRarely } from "./rarely.ts";

test("the first call goes through, then one a pause, with the number of those between", () => {
  let nowMs = 0;
  const rarely = createRarely(10, () => nowMs);
  const told: number[] = [];
  for (const atMs of [0, 1, 9, 10, 25, 26, 40]) {
    nowMs = atMs;
    rarely((heldBack) => told.push(heldBack));
  }
  assert.deepEqual(told, [0, 2, 0, 1]);
});
