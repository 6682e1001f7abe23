import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { calibrationError, reliability } from "./calibration-error.ts";
import { createMatrix, type Matrix } from "./matrix.ts";

const column = (values: readonly number[]): Matrix => createMatrix(values.length, 1, (row) => values[row]!);
const ones = (count: number) => new Float64Array(count).fill(1);

test("is the distance between a constant estimate and the mean score", () => {
  const estimates = column(Array.from({ length: 40 }, () => 0.75));
  const scores = column(Array.from({ length: 40 }, (_, row) => row % 2));
  assert.equal(calibrationError(estimates, scores, 0)(ones(40)), 0.25);
  assert.deepEqual(reliability(estimates, scores), [{ estimate: 0.75, score: 0.5, pairs: 40 }]);
});

test("does not let errors of opposite sign in different bins cancel", () => {
  const estimates = column(Array.from({ length: 20 }, (_, row) => (row < 10 ? 0.25 : 0.75)));
  const scores = column(Array.from({ length: 20 }, (_, row) => Number(row < 10)));
  assert.equal(calibrationError(estimates, scores, 0)(ones(20)), 0.75);
});

test("uses ten bins that hold equally many prompts", () => {
  const values = Array.from({ length: 50 }, (_, row) => row / 64);
  const bins = reliability(column(values), column(values));
  assert.deepEqual(
    bins.map(({ pairs }) => pairs),
    Array.from({ length: 10 }, () => 5),
  );
  assert.equal(calibrationError(column(values), column(values), 0)(ones(50)), 0);
});

test("does not depend on the order of the prompts", () => {
  const prompt = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 1 }));
  fc.assert(
    fc.property(fc.array(prompt, { minLength: 1, maxLength: 40 }), (prompts) => {
      const error = (list: typeof prompts) =>
        calibrationError(
          column(list.map(([e]) => e / 4)),
          column(list.map(([, s]) => s)),
          0,
        )(ones(list.length));
      assert.ok(Math.abs(error(prompts) - error(prompts.toReversed())) < 1e-12);
    }),
  );
});
