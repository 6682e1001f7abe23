import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPlatt, identityPlatt, type Platt, sigmoid } from "@ipr/estimator";
import { seededRandom } from "@ipr/testing";
import { calibrate, fitPlatt, type Pair, residualOf, residualOfMean } from "./calibrate.ts";

test("finds the map that scores were drawn from", () => {
  const map = fitPlatt(drawn(20_000, { slope: 0.6, intercept: -0.8 }));
  assert.ok(Math.abs(map.slope - 0.6) < 0.06 && Math.abs(map.intercept + 0.8) < 0.06, JSON.stringify(map));
});

test("leaves estimates alone that are right already", () => {
  for (let seed = 1; seed <= 20; seed++)
    assert.equal(calibrate(drawn(2000, identityPlatt, seed)), identityPlatt);
});

test("mends estimates that are clearly off, and not with few labels", () => {
  const off = { slope: 0.5, intercept: 1 };
  assert.ok(calibrate(drawn(2000, off)).intercept > 0.7);
  assert.equal(calibrate(drawn(400, off)), identityPlatt);
});

test("never turns the ranking round", () => {
  assert.ok(calibrate(drawn(2000, { slope: -1, intercept: 0 })).slope > 0);
});

test("the residual is the miscalibration plus sampling noise, so few labels make it large", () => {
  const right = (count: number): number => residualOf(drawn(count, identityPlatt), identityPlatt);
  assert.ok(right(50_000) < 0.1);
  assert.ok(right(200) > 2 * right(20_000));
  assert.ok(residualOf(drawn(50_000, { slope: 1, intercept: 0.7 }), identityPlatt) > 0.6);
});

test("scores that are all equal leave the residual finite", () => {
  const pairs = Array.from({ length: 100 }, (): Pair => ({ logit: 2, score: 1 }));
  assert.ok(Number.isFinite(residualOf(pairs, calibrate(pairs))));
});

test("a mean of few labels is less certain than one of many, and never more than prompts differ", () => {
  assert.ok(residualOfMean(5, 0, 0.8) > residualOfMean(80, 0, 0.8));
  assert.ok(residualOfMean(80, 0, 0.8) > 0.8);
});

/** Pairs whose scores are 0 or 1, drawn with the odds that `truth` makes of the logit. */
function drawn(count: number, truth: Platt, seed = 1): Pair[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const logit = 4 * random() - 2;
    return { logit, score: Number(random() < sigmoid(applyPlatt(logit, truth))) };
  });
}
