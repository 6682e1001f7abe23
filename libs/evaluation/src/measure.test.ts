import assert from "node:assert/strict";
import { test } from "node:test";
import { measure } from "./measure.ts";
import { meanOf } from "./sums.ts";

test("figures stand where their statistics stood, over the same resamples", () => {
  const mean = meanOf(Float64Array.of(0, 0, 1, 1));
  const measured = measure(
    4,
    { a: { mean, twice: (weights) => 2 * mean(weights) }, b: { c: { again: mean } } },
    { seed: 1 },
  );
  assert.deepEqual(Object.keys(measured.a), ["mean", "twice"]);
  assert.equal(measured.a.mean.value, 0.5);
  assert.equal(measured.a.twice.high, 2 * measured.a.mean.high);
  assert.deepEqual(measured.b.c.again, measured.a.mean);
});
