import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bestSetF1, meanAbsoluteError, rSquared, topOneAccuracy } from "./accuracy.ts";
import { columnMeans, constantRows, createMatrix, type Matrix } from "./matrix.ts";

const matrix = (rows: readonly (readonly number[])[]): Matrix =>
  createMatrix(rows.length, rows[0]!.length, (row, column) => rows[row]![column]!);
const ones = (count: number) => new Float64Array(count).fill(1);
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const twoColumns = fc.array(fc.tuple(unit, unit), { minLength: 3, maxLength: 20 });

test("R2 is 1 for the truth, 0 for the training means and negative for less", () => {
  const scores = matrix([
    [0, 1],
    [1, 1],
    [0, 0],
    [1, 0],
  ]);
  const means = columnMeans(scores);
  assert.equal(rSquared(scores, scores, means)(ones(4)), 1);
  assert.equal(rSquared(constantRows(4, means), scores, means)(ones(4)), 0);
  assert.equal(rSquared(constantRows(4, [0, 0]), scores, means)(ones(4)), -1);
});

test("R2 is 0 for the training means whatever the scores and weights are", () => {
  fc.assert(
    fc.property(
      twoColumns,
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20, maxLength: 20 }),
      (rows, w) => {
        const scores = matrix(rows);
        const weights = Float64Array.from(w.slice(0, rows.length));
        const value = rSquared(constantRows(rows.length, [0.25, 0.5]), scores, [0.25, 0.5])(weights);
        assert.ok(Number.isNaN(value) || Math.abs(value) < 1e-12);
      },
    ),
  );
});

test("a weight of two is the prompt twice", () => {
  fc.assert(
    fc.property(twoColumns, twoColumns, (a, b) => {
      const rows = Math.min(a.length, b.length);
      const [once, twice] = [a.slice(0, rows), [...a.slice(0, rows), a[0]!]];
      const [estimates, repeated] = [b.slice(0, rows), [...b.slice(0, rows), b[0]!]];
      const weights = ones(rows);
      weights[0] = 2;
      for (const metric of [meanAbsoluteError, topOneAccuracy, bestSetF1]) {
        const weighted = metric(matrix(estimates), matrix(once))(weights);
        const copied = metric(matrix(repeated), matrix(twice))(ones(rows + 1));
        assert.ok(Math.abs(weighted - copied) < 1e-12, metric.name);
      }
    }),
  );
});

test("the mean absolute error skips pairs without a label", () => {
  const mae = meanAbsoluteError(matrix([[0.5, 0.5]]), matrix([[1, Number.NaN]]));
  assert.equal(mae(ones(1)), 0.5);
});

test("top-1 counts a prompt when the predicted best is among the best", () => {
  const estimates = matrix([
    [0.9, 0.1],
    [0.9, 0.1],
    [0.1, 0.9],
    [0.5, 0.5],
  ]);
  const scores = matrix([
    [1, 1],
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  assert.equal(topOneAccuracy(estimates, scores)(ones(4)), 0.5);
});

test("F1 of the best set is 1 for the truth and is averaged over candidates", () => {
  const scores = matrix([
    [1, 0],
    [0, 1],
    [1, 1],
    [0, 1],
  ]);
  assert.equal(bestSetF1(scores, scores)(ones(4)), 1);
  // Always the first: right twice, wrong twice (F1 = 4 / 6); the second is never predicted (F1 = 0).
  assert.equal(bestSetF1(constantRows(4, [1, 0]), scores)(ones(4)), 1 / 3);
});
