import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { gateSteps } from "./gate.ts";
import { cell, createMatrix, type Matrix } from "./matrix.ts";
import { choicesAt, settingsOf } from "./steps.ts";

const rowOf = (values: readonly number[]): Matrix =>
  createMatrix(1, values.length, (_, column) => values[column]!);

/** The rule as the paper states it, for one row and one tolerance. */
function decide(estimates: readonly number[], costs: readonly number[], tolerance: number): number {
  const threshold = (1 - tolerance) * Math.max(...estimates);
  const feasible = [...estimates.keys()].filter((candidate) => estimates[candidate]! >= threshold);
  return feasible.toSorted((a, b) => costs[a]! - costs[b]! || estimates[b]! - estimates[a]! || a - b)[0]!;
}

// Estimates in 64ths against tolerances in 16ths: every threshold is exact in binary.
const pool = fc.array(fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 4 })), {
  minLength: 2,
  maxLength: 6,
});

test("is the cheapest candidate above the threshold at every tolerance", () => {
  fc.assert(
    fc.property(pool, fc.integer({ min: 0, max: 16 }), (candidates, sixteenths) => {
      // The best estimate is a power of two, so that dividing by it is exact.
      const estimates = [1, ...candidates.map(([quality]) => quality / 64)];
      const costs = [3, ...candidates.map(([, cost]) => cost)];
      const steps = gateSteps(rowOf(estimates), rowOf(costs), 0);
      assert.equal(choicesAt(steps, sixteenths / 16)[0], decide(estimates, costs, sixteenths / 16));
    }),
  );
});

test("never gets dearer as the tolerance grows", () => {
  fc.assert(
    fc.property(pool, (candidates) => {
      const costs = rowOf(candidates.map(([, cost]) => cost));
      const steps = gateSteps(rowOf(candidates.map(([quality]) => quality / 64)), costs, 0);
      const chosen = [...settingsOf(steps, [0, 1])]
        .filter((setting) => setting >= 0)
        .map((setting) => cell(costs, 0, choicesAt(steps, setting)[0]!));
      assert.deepEqual(
        chosen,
        chosen.toSorted((a, b) => b - a),
      );
    }),
  );
});

test("below zero asks for a lead over the reference and otherwise takes the reference", () => {
  const steps = gateSteps(rowOf([0.5, 0.75]), rowOf([2, 1]), 0);
  assert.equal(choicesAt(steps, -0.5)[0], 1);
  assert.equal(choicesAt(steps, -0.625)[0], 0);
  assert.equal(choicesAt(steps, Number.NEGATIVE_INFINITY)[0], 0);
});

test("gives the predicted best at 0, the cheaper of two equals, and the cheapest at 1", () => {
  const steps = gateSteps(rowOf([0.5, 1, 1, 0.25]), rowOf([1, 4, 2, 1]), 1);
  assert.equal(choicesAt(steps, 0)[0], 2);
  assert.equal(choicesAt(steps, 0.5)[0], 0);
  assert.equal(choicesAt(steps, 1)[0], 0, "equal cost goes to the higher estimate");
});

test("takes the cheapest when every estimate is zero", () => {
  const steps = gateSteps(rowOf([0, 0]), rowOf([2, 1]), 0);
  assert.equal(choicesAt(steps, 0)[0], 1);
});
