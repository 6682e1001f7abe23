import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { rankCorrelation } from "./rank-correlation.ts";

test("equal orders have 1, opposite ones -1, and ties share their rank", () => {
  assert.equal(rankCorrelation([1, 2, 3], [10, 20, 90]), 1);
  assert.equal(rankCorrelation([1, 2, 3], [3, 2, 1]), -1);
  assert.equal(rankCorrelation([1, 1, 1], [2, 2, 2]), 1);
  assert.equal(rankCorrelation([1, 1, 1], [1, 2, 3]), 0);
  // Ranks 1.5, 1.5, 3 with 1, 2, 3: 1.5 / sqrt(1.5 * 2).
  assert.ok(Math.abs(rankCorrelation([5, 5, 6], [1, 2, 3]) - Math.sqrt(0.75)) < 1e-12);
});

test("it is symmetric, within [-1, 1], and the same after any increasing map", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(pairs, (rows) => {
      const a = rows.map(([left]) => left);
      const b = rows.map(([, right]) => right);
      const value = rankCorrelation(a, b);
      assert.ok(Math.abs(value) <= 1 + 1e-12);
      assert.equal(rankCorrelation(b, a), value);
      assert.equal(
        rankCorrelation(
          a.map((x) => x ** 3 + x),
          b,
        ),
        value,
      );
    }),
  );
});
