import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { aucOf, aucWithinSources } from "./auc.ts";
import { createMatrix, type Matrix } from "./matrix.ts";

const column = (values: readonly number[]): Matrix => createMatrix(values.length, 1, (row) => values[row]!);
const ones = (count: number) => new Float64Array(count).fill(1);

test("is the share of good answers estimated above bad ones", () => {
  const auc = aucOf(column([0.1, 0.2, 0.3, 0.4]), column([0, 1, 0, 1]), 0);
  assert.equal(auc(ones(4)), 0.75);
});

test("counts equal estimates half and soft scores above 0.5 as good", () => {
  const auc = aucOf(column([0.5, 0.5, 0.5]), column([0.75, 0.5, 0.25]), 0);
  assert.equal(auc(ones(3)), 0.5);
});

test("is not defined for a candidate that is always right", () => {
  assert.ok(Number.isNaN(aucOf(column([0.2, 0.4]), column([1, 1]), 0)(ones(2))));
});

test("leaves prompts without a label out", () => {
  const auc = aucOf(column([0.1, 0.9, 0.2]), column([0, Number.NaN, 1]), 0);
  assert.equal(auc(ones(3)), 1);
});

test("equals the quadratic definition for any weights", () => {
  const prompt = fc.record({
    estimate: fc.integer({ min: 0, max: 8 }),
    score: fc.constantFrom(0, 0.25, 0.75, 1),
    weight: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(prompt, { minLength: 2, maxLength: 30 }), (prompts) => {
      const auc = aucOf(column(prompts.map((p) => p.estimate)), column(prompts.map((p) => p.score)), 0);
      let [wins, pairs] = [0, 0];
      for (const good of prompts.filter(({ score }) => score > 0.5)) {
        for (const bad of prompts.filter(({ score }) => score <= 0.5)) {
          const weight = good.weight * bad.weight;
          pairs += weight;
          wins += weight * (good.estimate > bad.estimate ? 1 : good.estimate === bad.estimate ? 0.5 : 0);
        }
      }
      const value = auc(Float64Array.from(prompts, ({ weight }) => weight));
      assert.ok(pairs === 0 ? Number.isNaN(value) : Math.abs(value - wins / pairs) < 1e-12);
    }),
  );
});

test("is chance inside sources for an estimate that only knows the source", () => {
  const sources = Array.from({ length: 40 }, (_, row) => (row < 20 ? "easy" : "hard"));
  const scores = column(sources.map((source, row) => Number(row % (source === "easy" ? 4 : 2) !== 0)));
  const estimates = column(sources.map((source) => (source === "easy" ? 0.75 : 0.5)));
  assert.ok(aucOf(estimates, scores, 0)(ones(40)) > 0.6);
  assert.equal(aucWithinSources(estimates, scores, 0, sources)(ones(40)), 0.5);
});

test("leaves out sources with fewer than five of a class, and prompts without a source", () => {
  const sources = Array.from({ length: 8 }, (_, row) => (row < 4 ? "small" : undefined));
  const scores = column([0, 1, 0, 1, 0, 1, 0, 1]);
  assert.ok(Number.isNaN(aucWithinSources(scores, scores, 0, sources)(ones(8))));
});
