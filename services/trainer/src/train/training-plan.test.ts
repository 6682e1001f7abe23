import assert from "node:assert/strict";
import { test } from "node:test";
import { largeSetRows, planTraining } from "./training-plan.ts";

test("a large set is trained on in halves, a smaller one in five folds", () => {
  assert.equal(planTraining(largeSetRows - 1, {}).folds, 5);
  assert.equal(planTraining(largeSetRows, {}).folds, 2);
});

test("what the caller decides goes before the plan", () => {
  const plan = planTraining(largeSetRows, { folds: 3, hyperparameters: { hidden: 64 } });
  assert.deepEqual([plan.folds, plan.hyperparameters.hidden, plan.hyperparameters.batchRows], [3, 64, 1024]);
});
