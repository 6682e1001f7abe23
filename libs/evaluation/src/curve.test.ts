import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  areaOf,
  candidatePoints,
  curveOf,
  type Ends,
  envelope,
  envelopeAreaOf,
  pointsOf,
  rescaledArea,
  scaled,
  type Truth,
} from "./curve.ts";
import { gateSteps } from "./gate.ts";
import { cell, constantRows, createMatrix, type Matrix } from "./matrix.ts";
import { seededRandom } from "./random.ts";
import { choicesAt, settingsOf, type Steps } from "./steps.ts";
import { utilitySteps } from "./utility.ts";

const ones = (count: number) => new Float64Array(count).fill(1);
const ends: Ends = { cheapest: 0, reference: 1 };
const matrix = (rows: readonly (readonly number[])[]): Matrix =>
  createMatrix(rows.length, rows[0]!.length, (row, column) => rows[row]![column]!);

/** Two candidates, the second dearer and mostly better; estimates and truth are independent. */
function randomWorld(seed: number, rows = 60): { readonly estimates: Matrix; readonly truth: Truth } {
  const random = seededRandom(seed);
  return {
    estimates: createMatrix(rows, 3, random),
    truth: {
      scores: createMatrix(rows, 3, (_, column) => Number(random() < [0.25, 0.75, 0.5][column]!)),
      costsUsd: createMatrix(rows, 3, (_, column) => [1, 8, 3][column]! * (0.5 + random())),
    },
  };
}
const seeds = fc.integer({ min: 0, max: 10_000 });
const curveOfSteps = (steps: Steps, truth: Truth) => curveOf(steps, settingsOf(steps, [0, 1]), truth);

test("a curve's points are the means of the choices at its settings", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { estimates, truth } = randomWorld(seed);
      const steps = gateSteps(estimates, truth.costsUsd, 1);
      const settings = settingsOf(steps, [0, 1]);
      const weights = Float64Array.from({ length: 60 }, (_, row) => (row * 7) % 3);
      const points = curveOf(steps, settings, truth)(weights);
      for (const [index, setting] of settings.entries()) {
        const choices = choicesAt(steps, setting);
        let [quality, costUsd, mass] = [0, 0, 0];
        for (const [row, weight] of weights.entries()) {
          quality += weight * cell(truth.scores, row, choices[row]!);
          costUsd += weight * cell(truth.costsUsd, row, choices[row]!);
          mass += weight;
        }
        assert.ok(Math.abs(points.quality[index]! - quality / mass) < 1e-9);
        assert.ok(Math.abs(points.costUsd[index]! - costUsd / mass) < 1e-9);
      }
    }),
    { numRuns: 20 },
  );
});

test("the two ends alone, and any mixture of them, have area 0.5", () => {
  const truth = { scores: matrix([[0.25, 0.75]]), costsUsd: matrix([[1, 3]]) };
  assert.equal(areaOf(candidatePoints(truth), ends, candidatePoints(truth))(ones(1)), 0.5);
  const halfway = () => ({ costUsd: Float64Array.of(2), quality: Float64Array.of(0.5) });
  assert.equal(areaOf(halfway, ends, candidatePoints(truth))(ones(1)), 0.5);
});

test("a point above the diagonal adds its triangle", () => {
  const truth = { scores: matrix([[0, 1]]), costsUsd: matrix([[0, 1]]) };
  const early = () => ({ costUsd: Float64Array.of(0.25), quality: Float64Array.of(1) });
  assert.equal(areaOf(early, ends, candidatePoints(truth))(ones(1)), 0.125 + 0.75);
});

test("points outside the ends' costs do not count, and quality may exceed the reference", () => {
  const truth = { scores: matrix([[0, 1]]), costsUsd: matrix([[0, 1]]) };
  const points = () => ({ costUsd: Float64Array.of(-1, 0.5, 2), quality: Float64Array.of(9, 2, 9) });
  assert.equal(areaOf(points, ends, candidatePoints(truth))(ones(1)), 1.25);
});

test("is not defined where the cheapest is also the best", () => {
  const truth = { scores: matrix([[1, 1]]), costsUsd: matrix([[1, 3]]) };
  assert.ok(
    Number.isNaN(areaOf(pointsOf(candidatePoints(truth), [0]), ends, candidatePoints(truth))(ones(1))),
  );
});

test("does not change when prices are scaled, for either rule", () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(0.125, 4, 1024), (seed, factor) => {
      const { estimates, truth } = randomWorld(seed);
      const dearer = createMatrix(60, 3, (row, column) => factor * cell(truth.costsUsd, row, column));
      const scaledTruth = { scores: truth.scores, costsUsd: dearer };
      for (const steps of [
        (costs: Matrix) => gateSteps(estimates, costs, 1),
        (costs: Matrix) => utilitySteps(estimates, costs),
      ]) {
        const area = areaOf(
          curveOfSteps(steps(truth.costsUsd), truth),
          ends,
          candidatePoints(truth),
        )(ones(60));
        const scaledArea = areaOf(
          curveOfSteps(steps(dearer), scaledTruth),
          ends,
          candidatePoints(scaledTruth),
        )(ones(60));
        assert.ok(Math.abs(area - scaledArea) < 1e-9 || (Number.isNaN(area) && Number.isNaN(scaledArea)));
      }
    }),
    { numRuns: 30 },
  );
});

test("the per-prompt oracle lies above every setting of every rule", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { estimates, truth } = randomWorld(seed);
      const oracle = curveOfSteps(utilitySteps(truth.scores, truth.costsUsd), truth)(ones(60));
      const frontier = envelope(
        [...oracle.costUsd].map((costUsd, index) => [costUsd, oracle.quality[index]!] as const).toReversed(),
      );
      const rules = [gateSteps(estimates, truth.costsUsd, 1), utilitySteps(estimates, truth.costsUsd)];
      for (const points of rules.map((steps) => curveOfSteps(steps, truth)(ones(60)))) {
        for (const [index, costUsd] of points.costUsd.entries()) {
          assert.ok(points.quality[index]! <= heightAt(frontier, costUsd) + 1e-9);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("no rule has a larger area than the oracle's envelope", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { estimates, truth } = randomWorld(seed);
      const singles = candidatePoints(truth);
      if (!(singles(ones(60)).quality[1]! > singles(ones(60)).quality[0]!)) return;
      const oracle = curveOfSteps(utilitySteps(truth.scores, truth.costsUsd), truth);
      const bound = envelopeAreaOf(oracle, ends, singles)(ones(60));
      for (const steps of [
        gateSteps(estimates, truth.costsUsd, 1),
        utilitySteps(estimates, truth.costsUsd),
      ]) {
        assert.ok(envelopeAreaOf(curveOfSteps(steps, truth), ends, singles)(ones(60)) <= bound + 1e-9);
      }
    }),
    { numRuns: 50 },
  );
});

test("estimates that say nothing route like a mixture; perfect ones like the oracle", () => {
  const { truth } = randomWorld(5, 4_000);
  const area = (estimates: Matrix) =>
    areaOf(
      curveOfSteps(utilitySteps(estimates, truth.costsUsd), truth),
      ends,
      candidatePoints(truth),
    )(ones(4_000));
  const random = seededRandom(9);
  const noise = area(
    createMatrix(4_000, 2, random).columns === 2 ? createMatrix(4_000, 3, random) : truth.scores,
  );
  assert.ok(noise < 0.6, `${noise}`);
  const oracle = area(truth.scores);
  assert.ok(oracle > 0.9, `${oracle}`);
  assert.equal(rescaledArea(oracle, oracle), 1);
  assert.equal(rescaledArea(0.5, oracle), 0.5);
});

test("the envelope never falls, is concave, and has at least the area of the lines", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { estimates, truth } = randomWorld(seed);
      const curve = curveOfSteps(utilitySteps(estimates, truth.costsUsd), truth);
      const hull = envelope(scaled(curve(ones(60)), candidatePoints(truth)(ones(60)), ends));
      for (let index = 1; index < hull.length; index++) assert.ok(hull[index]![1] >= hull[index - 1]![1]);
      const lines = areaOf(curve, ends, candidatePoints(truth))(ones(60));
      assert.ok(!(envelopeAreaOf(curve, ends, candidatePoints(truth))(ones(60)) < lines - 1e-9));
    }),
  );
});

test("a constant predictor under the utility rule passes through single candidates only", () => {
  const { truth } = randomWorld(3);
  const steps = utilitySteps(constantRows(60, [0.25, 0.75, 0.625]), constantRows(60, [1, 8, 3]));
  const points = curveOfSteps(steps, truth)(ones(60));
  const singles = candidatePoints(truth)(ones(60)).quality;
  for (const quality of points.quality)
    assert.ok(singles.some((single) => Math.abs(single - quality) < 1e-9));
});

function heightAt(points: readonly (readonly [number, number])[], cost: number): number {
  const right = points.findIndex(([x]) => x >= cost);
  if (right === -1) return Math.max(...points.map(([, y]) => y));
  if (right === 0) return points[0]![0] === cost ? points[0]![1] : Number.NEGATIVE_INFINITY;
  const [[x0, y0], [x1, y1]] = [points[right - 1]!, points[right]!];
  return y0 + ((y1 - y0) * (cost - x0)) / (x1 - x0);
}
