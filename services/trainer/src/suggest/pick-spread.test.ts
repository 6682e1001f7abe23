import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@ipr/evaluation";
import * as fc from "fast-check";
import type { Points } from "../clusters/cluster-points.ts";
import { divide, pickSpread } from "./pick-spread.ts";

test("picks as large a share of each kind as the kind has", () => {
  // 300 points in one place, 100 in another far away.
  const points = pointsAround([
    ...Array.from({ length: 300 }, () => 0),
    ...Array.from({ length: 100 }, () => 100),
  ]);
  for (let seed = 1; seed <= 10; seed++) {
    const far = pickSpread(points, 40, seededRandom(seed)).filter((row) => row >= 300);
    assert.ok(far.length >= 8 && far.length <= 12, `${far.length}`);
  }
});

test("picks each point once, as many as are asked for, and the same for the same seed", () => {
  const points = pointsAround(Array.from({ length: 60 }, (_, i) => i % 7));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (count, seed) => {
      const picked = pickSpread(points, count, seededRandom(seed));
      assert.equal(new Set(picked).size, count);
      assert.equal(picked.length, count);
      assert.deepEqual(pickSpread(points, count, seededRandom(seed)), picked);
    }),
  );
});

test("passes over what is not allowed, and says so by picking fewer", () => {
  const points = pointsAround(Array.from({ length: 30 }, () => 0));
  const even = pickSpread(points, 20, seededRandom(1), (row) => row % 2 === 0);
  assert.equal(even.length, 15);
  assert.ok(even.every((row) => row % 2 === 0));
});

test("shares add up to what is divided and never exceed a size", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 1 }), fc.nat({ max: 200 }), (sizes, count) => {
      fc.pre(sizes.some((size) => size > 0));
      const shares = divide(sizes, count);
      const total = sizes.reduce((a, b) => a + b, 0);
      assert.equal(
        shares.reduce((a, b) => a + b, 0),
        Math.min(count, total),
      );
      assert.ok(shares.every((share, i) => share <= sizes[i]!));
    }),
  );
});

/** Two-dimensional points a little around each of the given places. */
function pointsAround(places: readonly number[]): Points {
  const random = seededRandom(2);
  const values = Float32Array.from(places.flatMap((place) => [place + random(), random()]));
  return { rows: places.length, dimension: 2, values };
}
