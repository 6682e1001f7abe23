import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, columnMeans, createMatrix, type Matrix, rSquared, seededRandom } from "@ipr/evaluation";
import { controlEstimates } from "./control-estimates.ts";

const groups = 3;

/** Scores that a line through the features tells but for noise; in each group the line has another height. */
function world(rows: number, seed: number) {
  const random = seededRandom(seed);
  const groupOf = Uint8Array.from({ length: rows }, (_, row) => row % groups);
  const features = createMatrix(rows, 5, (_, column) => (column === 4 ? 1 : 2 * random() - 1));
  const scores = createMatrix(rows, 2, (row, candidate) => {
    const line = 0.3 + 0.15 * groupOf[row]! + 0.2 * cell(features, row, candidate);
    return line + 0.05 * (random() - 0.5);
  });
  return { features, groupOf, scores };
}

const training = world(600, 1);
const measured = world(300, 2);
const estimates = controlEstimates(training, measured, groups, 3);
const ones = new Float64Array(300).fill(1);
const r2 = (own: Matrix) => rSquared(own, measured.scores, columnMeans(training.scores))(ones);

test("the stand-in learns what there is, and nothing from shuffled labels or random features", () => {
  assert.ok(r2(estimates.ridge) > 0.4, `${r2(estimates.ridge)}`);
  assert.equal(estimates.shuffledLabels.length, 5);
  for (const shuffled of estimates.shuffledLabels)
    assert.ok(Math.abs(r2(shuffled)) < 0.05, `${r2(shuffled)}`);
  assert.ok(Math.abs(r2(estimates.randomFeatures)) < 0.05, `${r2(estimates.randomFeatures)}`);
});

test("a group left out is estimated from the others alone: its own labels change nothing", () => {
  const scores = createMatrix(600, 2, (row, candidate) =>
    training.groupOf[row] === 1
      ? 1 - cell(training.scores, row, candidate)
      : cell(training.scores, row, candidate),
  );
  const other = controlEstimates({ ...training, scores }, measured, groups, 3);
  for (let row = 0; row < 300; row++) {
    if (measured.groupOf[row] !== 1) continue;
    assert.ok(
      Math.abs(cell(other.constantWithoutGroup, row, 0) - cell(estimates.constantWithoutGroup, row, 0)) <
        1e-9,
    );
  }
  const heights = [0, 1, 2].map((group) => cell(estimates.constantWithoutGroup, group, 0));
  assert.ok(Math.abs(heights[0]! - 0.525) < 0.03 && Math.abs(heights[1]! - 0.45) < 0.03, heights.join(", "));
  assert.ok(r2(estimates.withoutGroup) < r2(estimates.ridge));
});

test("a single group leaves nothing to learn from when it is left out, and is still estimated", () => {
  const alone = controlEstimates(
    { ...training, groupOf: new Uint8Array(600) },
    { ...measured, groupOf: new Uint8Array(300) },
    1,
    3,
  );
  assert.ok(r2(alone.ridge) > 0.4);
});
