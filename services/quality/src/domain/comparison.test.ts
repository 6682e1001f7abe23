import assert from "node:assert/strict";
import { test } from "node:test";
import { type ComparedEstimate, Comparison } from "./comparison.ts";

const of = (qualities: Readonly<Record<string, number>>): ComparedEstimate[] =>
  Object.entries(qualities).map(([candidate, quality]) => ({ candidate, quality }));

test("differences are shadow minus served, by candidate", () => {
  const comparison = new Comparison();
  comparison.add(of({ a: 0.5, b: 0.25 }), of({ a: 0.75, b: 0.25 }));
  comparison.add(of({ a: 0.5 }), of({ a: 0.25 }));
  assert.deepEqual(comparison.summary().candidates, [
    { candidate: "a", prompts: 2, meanDifference: 0, meanAbsoluteDifference: 0.25 },
    { candidate: "b", prompts: 1, meanDifference: 0, meanAbsoluteDifference: 0 },
  ]);
});

test("at tolerance 0 it tells how often another candidate is best, and above it who may compete", () => {
  const comparison = new Comparison();
  const first = comparison.add(of({ a: 0.5, b: 0.25 }), of({ a: 0.25, b: 0.5 }));
  const second = comparison.add(of({ a: 1, b: 0.9375 }), of({ a: 1, b: 0.875 }));
  assert.deepEqual([first?.bestDiffers, second?.bestDiffers], [true, false]);
  const shares = comparison.summary().feasible.map(({ tolerance, share }) => [tolerance, share]);
  assert.deepEqual(shares, [
    [0, 0.5],
    [0.05, 0.5],
    [0.1, 1],
    [0.2, 0.5],
  ]);
});

test("candidates that one of the two does not know are left out, and a prompt without any other is not counted", () => {
  const comparison = new Comparison();
  assert.equal(comparison.add(of({ a: 0.5 }), of({ b: 0.5 })), undefined);
  comparison.add(of({ a: 0.5, b: 1 }), of({ a: 0.5, c: 0 }));
  const { prompts, candidates, rankCorrelation } = comparison.summary();
  assert.equal(prompts, 1);
  assert.deepEqual(
    candidates.map(({ candidate }) => candidate),
    ["a"],
  );
  assert.equal(rankCorrelation, undefined, "one candidate has no order");
});
