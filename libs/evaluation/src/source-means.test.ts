import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, createMatrix } from "./matrix.ts";
import { sourceMeans } from "./source-means.ts";

const train = {
  scores: createMatrix(
    3,
    2,
    (row, column) =>
      [
        [1, 0.5],
        [0, Number.NaN],
        [0.5, 0],
      ][row]![column]!,
  ),
  sources: ["maths", "maths", "law"],
};

test("knows each candidate's mean on the prompt's source", () => {
  const estimates = sourceMeans(train, ["law", "maths"]);
  assert.equal(cell(estimates, 0, 0), 0.5);
  assert.equal(cell(estimates, 1, 0), 0.5);
  assert.equal(cell(estimates, 1, 1), 0.5);
});

test("falls back on the mean over all sources", () => {
  const estimates = sourceMeans(train, ["poetry", undefined]);
  assert.deepEqual([...estimates.values], [0.5, 0.25, 0.5, 0.25]);
});
