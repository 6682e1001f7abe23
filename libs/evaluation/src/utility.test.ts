import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createMatrix, type Matrix } from "./matrix.ts";
import { choicesAt } from "./steps.ts";
import { utilitySteps } from "./utility.ts";

const rowOf = (values: readonly number[]): Matrix =>
  createMatrix(1, values.length, (_, column) => values[column]!);
const pool = fc.array(fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 1, max: 16 })), {
  minLength: 2,
  maxLength: 8,
});

test("has the largest utility at every price weight", () => {
  fc.assert(
    fc.property(pool, fc.integer({ min: 0, max: 256 }), (candidates, sixteenths) => {
      const lambda = sixteenths / 16;
      const steps = utilitySteps(
        rowOf(candidates.map(([q]) => q)),
        rowOf(candidates.map(([, cost]) => cost)),
      );
      const utilities = candidates.map(([quality, cost]) => quality - lambda * cost);
      const chosen = utilities[choicesAt(steps, lambda)[0]!]!;
      assert.ok(Math.abs(chosen - Math.max(...utilities)) < 1e-9, `${chosen} of ${utilities.join(", ")}`);
    }),
  );
});

test("never gets dearer and ends at the cheapest", () => {
  fc.assert(
    fc.property(pool, (candidates) => {
      const costs = candidates.map(([, cost]) => cost);
      const steps = utilitySteps(rowOf(candidates.map(([quality]) => quality)), rowOf(costs));
      const chosen = Array.from(steps.candidate, (candidate) => costs[candidate]!);
      assert.deepEqual(
        chosen,
        chosen.toSorted((a, b) => b - a),
      );
      assert.equal(chosen.at(-1), Math.min(...costs));
    }),
  );
});

test("equals go to the cheaper, then to the earlier candidate", () => {
  assert.equal(choicesAt(utilitySteps(rowOf([1, 1, 1]), rowOf([2, 1, 1])), 0)[0], 1);
  const steps = utilitySteps(rowOf([1, 0.5]), rowOf([2, 1]));
  assert.equal(choicesAt(steps, 0.5)[0], 1, "exactly at the weight where both are worth the same");
  assert.equal(choicesAt(steps, 0.25)[0], 0);
});
