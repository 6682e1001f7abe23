import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { apgr } from "./apgr.ts";
import { constantRows, createMatrix } from "./matrix.ts";

const pair = { weak: 0, strong: 1 };
const ones = (count: number) => new Float64Array(count).fill(1);
const scores = createMatrix(4, 2, (row, column) => (column === 1 ? 1 : Number(row < 2)));

test("is 0.5 for estimates that do not tell prompts apart", () => {
  assert.equal(apgr(constantRows(4, [0.25, 0.75]), scores, pair)(ones(4)), 0.5);
});

test("rewards sending the prompts first that only the strong one answers", () => {
  const lead = (values: readonly number[]) =>
    createMatrix(4, 2, (row, column) => (column === 1 ? values[row]! : 0));
  assert.equal(apgr(lead([0, 0, 1, 1]), scores, pair)(ones(4)), 0.75);
  assert.equal(apgr(lead([1, 1, 0, 0]), scores, pair)(ones(4)), 0.25);
});

test("is the mean over shares of the gap recovered", () => {
  const prompt = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(0, 1),
    fc.constantFrom(0, 1),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(prompt, { minLength: 2, maxLength: 20, selector: ([lead]) => lead }),
      (prompts) => {
        const estimates = createMatrix(prompts.length, 2, (row, column) =>
          column === 1 ? prompts[row]![0] : 0,
        );
        const truth = createMatrix(prompts.length, 2, (row, column) => prompts[row]![1 + column]!);
        const gains = prompts.toSorted((a, b) => b[0] - a[0]).map(([, weak, strong]) => strong - weak);
        const gap = gains.reduce((sum, gain) => sum + gain, 0);
        if (gap === 0) return;
        const recovered = gains.map(
          (_, calls) => gains.slice(0, calls + 1).reduce((sum, g) => sum + g, 0) / gap,
        );
        const expected = (recovered.reduce((sum, share) => sum + share, 0) - 0.5) / prompts.length;
        assert.ok(Math.abs(apgr(estimates, truth, pair)(ones(prompts.length)) - expected) < 1e-9);
      },
    ),
  );
});

test("two candidates that are equally good have no gap to recover", () => {
  const scores = createMatrix(2, 2, (row, column) => Number(row === column));
  assert.equal(apgr(scores, scores, { weak: 0, strong: 1 })(Float64Array.of(1, 1)), Number.NaN);
});
