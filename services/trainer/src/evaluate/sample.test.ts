import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix } from "@ipr/evaluation";
import { dominatedNotes, meansOf } from "./sample.ts";

const truth = (quality: readonly number[], costUsd: readonly number[]) => ({
  scores: createMatrix(2, quality.length, (_, column) => quality[column]!),
  costsUsd: createMatrix(2, costUsd.length, (_, column) => costUsd[column]!),
});

test("the cheapest has the lowest mean cost and the reference the highest mean quality", () => {
  const { cheapest, reference } = meansOf(truth([0.5, 0.75, 0.25], [1, 4, 2]));
  assert.deepEqual([cheapest, reference], [0, 1]);
});

test("equal costs go to the better candidate, equal qualities to the cheaper", () => {
  const { cheapest, reference } = meansOf(truth([0.25, 0.5, 1, 1], [1, 1, 8, 4]));
  assert.deepEqual([cheapest, reference], [1, 3]);
});

test("a candidate that is dearer and no better is worth dropping", () => {
  const names = ["small", "waste", "large"];
  assert.deepEqual(dominatedNotes(truth([0.5, 0.5, 0.75], [1, 2, 4]), names), [
    "dearer than another candidate and on average not better, so worth dropping: waste",
  ]);
  assert.deepEqual(dominatedNotes(truth([0.5, 0.625, 0.75], [1, 2, 4]), names), []);
});
