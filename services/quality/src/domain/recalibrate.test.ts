import assert from "node:assert/strict";
import { test } from "node:test";
import type { QualityEstimate } from "@ipr/estimator";
import { recalibrate, uncalibrated } from "./recalibrate.ts";

const estimate: QualityEstimate = {
  candidate: "a",
  quality: 0.5,
  qualityLow: 0.25,
  qualityHigh: 0.75,
  logit: 0,
};
const live = (slope: number, intercept: number) => ({
  revision: "1",
  maps: new Map([["a", { slope, intercept }]]),
});

test("without a map an estimate is left alone", () => {
  assert.deepEqual(recalibrate(estimate, uncalibrated), estimate);
  assert.deepEqual(recalibrate({ ...estimate, candidate: "b" }, live(1, 5)), { ...estimate, candidate: "b" });
});

test("the identity map changes nothing", () => {
  const { quality, qualityLow, qualityHigh } = recalibrate(estimate, live(1, 0));
  assert.equal(quality, 0.5);
  assert.ok(Math.abs(qualityLow - 0.25) < 1e-12 && Math.abs(qualityHigh - 0.75) < 1e-12);
});

test("a lower intercept lowers the estimate and its whole interval, and keeps the logit to learn from", () => {
  const corrected = recalibrate(estimate, live(1, -1));
  assert.ok(corrected.quality < 0.5 && corrected.qualityLow < 0.25 && corrected.qualityHigh < 0.75);
  assert.ok(corrected.qualityLow < corrected.quality && corrected.quality < corrected.qualityHigh);
  assert.equal(corrected.logit, 0);
});
