import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix } from "./matrix.ts";
import { chooseSetting, readerOf } from "./operating-point.ts";

const settings = Float64Array.of(0, 0.25, 0.5, 0.75);
const points = { quality: Float64Array.of(1, 0.9375, 0.875, 0.5), costUsd: Float64Array.of(8, 6, 7, 1) };
const reference = { quality: 1, costUsd: 8 };

test("chooses the cheapest setting that is good enough, not the last one", () => {
  assert.equal(chooseSetting(settings, points, { target: 0.875, reference }), 0.25);
  assert.equal(chooseSetting(settings, points, { target: 0.5, reference }), 0.75);
});

test("chooses none where only the reference itself is good enough or nothing is cheaper", () => {
  assert.equal(chooseSetting(settings, points, { target: 1, reference }), undefined);
  assert.equal(chooseSetting(settings, points, { target: 1.5, reference }), undefined);
});

test("reads quality ratio and saving of choices against always the reference", () => {
  const truth = {
    scores: createMatrix(
      2,
      2,
      (row, column) =>
        [
          [0.5, 1],
          [1, 1],
        ][row]![column]!,
    ),
    costsUsd: createMatrix(2, 2, (_, column) => [1, 4][column]!),
  };
  const { qualityRatio, saving } = readerOf(1, truth)([0, 1]);
  assert.equal(qualityRatio(Float64Array.of(1, 1)), 0.75);
  assert.equal(saving(Float64Array.of(1, 1)), 0.375);
  assert.equal(saving(Float64Array.of(0, 2)), 0);
});
