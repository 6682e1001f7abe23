import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { applyPlatt, identityPlatt, logit, maxLogit, sigmoid } from "./platt.ts";

test("identity changes nothing", () => {
  assert.equal(applyPlatt(1.25, identityPlatt), 1.25);
});

test("logit undoes sigmoid", () => {
  fc.assert(
    fc.property(fc.double({ min: -10, max: 10, noNaN: true }), (value) => {
      assert.ok(Math.abs(logit(sigmoid(value)) - value) < 1e-9);
    }),
  );
});

test("certainty stays finite", () => {
  assert.equal(logit(0), -maxLogit);
  assert.equal(logit(1), maxLogit);
  assert.equal(sigmoid(-1000), 0);
  assert.equal(sigmoid(1000), 1);
});

test("a map of positive slope keeps the order", () => {
  const value = fc.double({ min: -15, max: 15, noNaN: true });
  const map = fc.record({
    slope: fc.double({ min: 0.01, max: 5, noNaN: true }),
    intercept: fc.double({ min: -5, max: 5, noNaN: true }),
  });
  fc.assert(
    fc.property(value, value, map, (a, b, platt) => a < b || applyPlatt(a, platt) >= applyPlatt(b, platt)),
  );
});
