import assert from "node:assert/strict";
import { test } from "node:test";
import { sigmoid } from "@ipr/estimator";
import { seededRandom } from "@ipr/evaluation";
import type { Design, Pull } from "./design.ts";
import { leastSquares } from "./least-squares.ts";
import { softLogistic } from "./soft-logistic.ts";

const truth = { intercept: -0.5, coefficients: [1.5, -2] };
const weak: Pull = { strength: Float64Array.of(1e-6, 1e-6), towards: Float64Array.of(0, 0) };

test("logistic regression finds what soft labels were made from", () => {
  const { design, values } = drawn(500);
  const { intercept, coefficients } = softLogistic.fit(design, values.map(sigmoid), weak);
  assert.ok(Math.abs(intercept - truth.intercept) < 0.01);
  for (const [j, value] of truth.coefficients.entries()) assert.ok(Math.abs(coefficients[j]! - value) < 0.01);
});

test("least squares finds what numbers were made from", () => {
  const { design, values } = drawn(500);
  const { intercept, coefficients } = leastSquares.fit(design, values, weak);
  assert.ok(Math.abs(intercept - truth.intercept) < 1e-4);
  for (const [j, value] of truth.coefficients.entries()) assert.ok(Math.abs(coefficients[j]! - value) < 1e-4);
});

for (const [name, regression] of Object.entries({ softLogistic, leastSquares })) {
  test(`${name}: a strong pull leaves coefficients where it pulls them`, () => {
    const { design, values } = drawn(200);
    const pull = { strength: Float64Array.of(1e9, 1e9), towards: Float64Array.of(1, 0) };
    const { coefficients } = regression.fit(design, values.map(sigmoid), pull);
    assert.ok(Math.abs(coefficients[0]! - 1) < 1e-4 && Math.abs(coefficients[1]!) < 1e-4);
  });

  test(`${name}: labels that are all alike give a finite fit`, () => {
    const { design } = drawn(100);
    const strong = { ...weak, strength: Float64Array.of(10, 10) };
    const { intercept, coefficients } = regression.fit(design, new Float64Array(100).fill(1), strong);
    assert.ok(Number.isFinite(intercept) && coefficients.every(Number.isFinite));
  });
}

/** Rows of two numbers and the values that `truth` gives them. */
function drawn(rows: number): { readonly design: Design; readonly values: Float64Array } {
  const random = seededRandom(3);
  const design = {
    rows,
    columns: 2,
    values: Float64Array.from({ length: 2 * rows }, () => 2 * random() - 1),
  };
  const values = Float64Array.from({ length: rows }, (_, row) => {
    const [a, b] = design.values.subarray(2 * row, 2 * row + 2) as unknown as [number, number];
    return truth.intercept + truth.coefficients[0]! * a + truth.coefficients[1]! * b;
  });
  return { design, values };
}
