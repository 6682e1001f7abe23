import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPlatt, identityPlatt, sigmoid } from "@ipr/estimator";
import { seededRandom } from "@ipr/testing";
import * as fc from "fast-check";
import { effectiveCount, fitCalibration, maxSlope, meansOf, minSlope, type Pair } from "./fit-calibration.ts";

const pair = fc.record({
  logit: fc.double({ min: -30, max: 30, noNaN: true }),
  reward: fc.double({ min: 0, max: 1, noNaN: true }),
  weight: fc.double({ min: 1, max: 20, noNaN: true }),
});

/** Pairs whose rewards follow a known map. */
function simulate(count: number, truth: { slope: number; intercept: number }, seed = 1): Pair[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const logit = (random() - 0.5) * 6;
    const reward = random() < sigmoid(applyPlatt(logit, truth)) ? 1 : 0;
    return { logit, reward, weight: 1 };
  });
}

test("nothing learned changes nothing", () => {
  assert.deepEqual(fitCalibration([]), { map: identityPlatt, pairs: 0, effectivePairs: 0 });
});

test("one pair moves no estimate by more than a few hundredths, wherever it was", () => {
  for (const logit of [-4, -1, 0, 1, 3, 6]) {
    const reward = logit > 0 ? 0 : 1;
    const { map, pairs, effectivePairs } = fitCalibration([{ logit, reward, weight: 1 }]);
    assert.deepEqual([pairs, effectivePairs], [1, 1]);
    for (const other of [-6, -3, 0, 3, 6]) {
      const moved = Math.abs(sigmoid(applyPlatt(other, map)) - sigmoid(other));
      assert.ok(moved > 0 && moved < 0.06, `a pair at ${logit} moved an estimate at ${other} by ${moved}`);
    }
  }
});

test("many pairs find the map that made them", () => {
  const truth = { slope: 0.6, intercept: -0.8 };
  const { map } = fitCalibration(simulate(5_000, truth));
  assert.ok(Math.abs(map.slope - truth.slope) < 0.1, `slope ${map.slope}`);
  assert.ok(Math.abs(map.intercept - truth.intercept) < 0.1, `intercept ${map.intercept}`);
});

test("the pull to identity fades as pairs come: each tenfold gets nearer to the truth", () => {
  const truth = { slope: 1, intercept: -2 };
  const distances = [3, 30, 300, 3_000].map((count) => {
    const pairs = Array.from({ length: count }, () => ({ logit: 0, reward: sigmoid(-2), weight: 1 }));
    return Math.abs(fitCalibration(pairs).map.intercept - truth.intercept);
  });
  assert.deepEqual(
    distances,
    distances.toSorted((a, b) => b - a),
  );
  assert.ok(distances.at(-1)! < 0.05, String(distances));
});

test("rewards that confirm the estimates leave them as they are", () => {
  const pairs = [-2, -1, 0, 1, 2].map((logit) => ({ logit, reward: sigmoid(logit), weight: 3 }));
  const { map } = fitCalibration(pairs);
  assert.ok(Math.abs(map.slope - 1) < 1e-9 && Math.abs(map.intercept) < 1e-9);
});

test("rewards against the order of the estimates flatten the map but never turn it round", () => {
  const pairs = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? [3, 0] : [-3, 1])).map(
    ([logit = 0, reward = 0]) => ({ logit, reward, weight: 1 }),
  );
  const { map } = fitCalibration(pairs);
  assert.equal(map.slope, minSlope);
  assert.ok(Math.abs(map.intercept) < 0.01);
});

test("scaling every weight changes nothing", () => {
  const pairs = simulate(200, { slope: 1.5, intercept: 0.5 });
  const heavier = pairs.map((each) => ({ ...each, weight: 8 }));
  const [light, heavy] = [fitCalibration(pairs), fitCalibration(heavier)];
  assert.ok(Math.abs(light.map.slope - heavy.map.slope) < 1e-9);
  assert.equal(light.effectivePairs, heavy.effectivePairs);
});

test("a weight counts as so many pairs of the same", () => {
  const one = { logit: 1, reward: 0 };
  const other = { logit: -1, reward: 1 };
  const weighted = [
    { ...one, weight: 3 },
    { ...other, weight: 1 },
  ];
  assert.equal(effectiveCount(weighted), 1.6);
});

test("any data gives a finite, increasing map", () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 60 }), (pairs) => {
      const { map, effectivePairs } = fitCalibration(pairs);
      assert.ok(map.slope >= minSlope && map.slope <= maxSlope);
      assert.ok(Number.isFinite(map.intercept));
      assert.ok(effectivePairs >= 0 && effectivePairs <= pairs.length + 1e-9);
    }),
  );
});

test("no small step away from the fit is better", () => {
  const objective = (pairs: readonly Pair[], slope: number, intercept: number): number => {
    const scale = effectiveCount(pairs) / pairs.reduce((sum, { weight }) => sum + weight, 0);
    const crossEntropy = pairs.map(({ logit, reward, weight }) => {
      const z = intercept + slope * logit;
      const softplus = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      return scale * weight * (softplus - reward * z);
    });
    const weights = pairs.reduce((sum, { weight }) => sum + weight, 0);
    const centre = pairs.reduce((sum, { logit, weight }) => sum + weight * logit, 0) / weights;
    const shift = intercept + (slope - 1) * centre;
    return crossEntropy.reduce((sum, each) => sum + each, 2.5 * ((slope - 1) ** 2 + shift ** 2));
  };
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), (pairs) => {
      const { slope, intercept } = fitCalibration(pairs).map;
      const best = objective(pairs, slope, intercept);
      const step = 1e-3;
      const tolerance = 1e-9 * (1 + Math.abs(best));
      assert.ok(objective(pairs, slope, intercept + step) >= best - tolerance);
      assert.ok(objective(pairs, slope, intercept - step) >= best - tolerance);
      assert.ok(objective(pairs, slope + step, intercept) >= best - tolerance);
      if (slope > minSlope) assert.ok(objective(pairs, slope - step, intercept) >= best - tolerance);
    }),
  );
});

test("means are over the pairs, estimates before calibration", () => {
  const pairs = [
    { logit: 0, reward: 1, weight: 1 },
    { logit: 0, reward: 0.5, weight: 9 },
  ];
  assert.deepEqual(meansOf(pairs), { pairs: 2, meanEstimate: 0.5, meanReward: 0.75 });
  assert.deepEqual(meansOf([]), { pairs: 0, meanEstimate: 0, meanReward: 0 });
});
