import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cheapestMixture, staticFrontier } from "./frontier.ts";

const points = (list: readonly (readonly [cost: number, quality: number])[]) => ({
  costUsd: Float64Array.from(list, ([cost]) => cost),
  quality: Float64Array.from(list, ([, quality]) => quality),
});

test("leaves out candidates that are dearer and no better, or below a mixture of two others", () => {
  const pool = points([
    [1, 0.25],
    [8, 0.5],
    [3, 0.375],
    [4, 0.75],
    [9, 1],
  ]);
  assert.deepEqual(staticFrontier(pool), [0, 3, 4]);
});

test("no candidate and no mixture of two lies above it", () => {
  const candidate = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 }));
  fc.assert(
    fc.property(fc.array(candidate, { minLength: 1, maxLength: 12 }), (pool) => {
      const values = points(pool);
      const frontier = staticFrontier(values);
      for (const [costUsd, quality] of pool) {
        const { cheaper, dearer, dearerShare } = cheapestMixture(frontier, values, quality);
        const mixtureUsd = pool[cheaper]![0] + dearerShare * (pool[dearer]![0] - pool[cheaper]![0]);
        assert.ok(mixtureUsd <= costUsd + 1e-9);
      }
    }),
  );
});

test("the cheapest mixture reaches the quality exactly, and stops at the best candidate", () => {
  const pool = points([
    [1, 0.25],
    [3, 0.75],
  ]);
  assert.deepEqual(cheapestMixture([0, 1], pool, 0.5), { cheaper: 0, dearer: 1, dearerShare: 0.5 });
  assert.deepEqual(cheapestMixture([0, 1], pool, 0.125), { cheaper: 0, dearer: 0, dearerShare: 0 });
  assert.deepEqual(cheapestMixture([0, 1], pool, 0.875), { cheaper: 1, dearer: 1, dearerShare: 0 });
});
