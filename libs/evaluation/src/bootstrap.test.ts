import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bootstrap, meanOfDefined, onRows, quantile, sharedAcross } from "./bootstrap.ts";
import { knownMeans, meanOf } from "./sums.ts";

test("the interval of a mean contains it and has the width theory gives", () => {
  const rows = 400;
  const values = Float64Array.from({ length: rows }, (_, row) => row % 2);
  const { mean } = bootstrap(rows, { mean: meanOf(values) }, { seed: 7 });
  assert.equal(mean.value, 0.5);
  const expected = 1.96 * (0.5 / Math.sqrt(rows));
  assert.ok(Math.abs(mean.value - mean.low - expected) < 0.2 * expected, `${mean.low}`);
  assert.ok(Math.abs(mean.high - mean.value - expected) < 0.2 * expected, `${mean.high}`);
});

test("contains the value of symmetrical data for every seed", () => {
  const half = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 30 });
  fc.assert(
    fc.property(half, fc.integer(), (values, seed) => {
      const symmetrical = Float64Array.from([...values, ...values.map((value) => -value)]);
      const { mean } = bootstrap(symmetrical.length, { mean: meanOf(symmetrical) }, { seed, resamples: 200 });
      assert.ok(mean.low <= mean.value + 1e-12 && mean.value <= mean.high + 1e-12);
    }),
    { numRuns: 50 },
  );
});

test("equal seeds give equal intervals, and statistics share their resamples", () => {
  const values = Float64Array.from({ length: 50 }, (_, row) => (row * 7) % 11);
  const statistics = { mean: meanOf(values), twice: (weights: Float64Array) => 2 * meanOf(values)(weights) };
  const first = bootstrap(50, statistics, { seed: 1, resamples: 100 });
  assert.deepEqual(first, bootstrap(50, statistics, { seed: 1, resamples: 100 }));
  assert.notDeepEqual(first, bootstrap(50, statistics, { seed: 2, resamples: 100 }));
  assert.equal(first.twice.low, 2 * first.mean.low);
});

test("gives no interval for what is not defined on most resamples", () => {
  const { never } = bootstrap(10, { never: () => Number.NaN }, { seed: 1, resamples: 10 });
  assert.deepEqual(never, { value: Number.NaN, low: Number.NaN, high: Number.NaN });
});

test("an inflated statistic keeps its value inside the interval and its bounds at zero or above", () => {
  const values = Float64Array.from({ length: 100 }, (_, row) => (row % 2 === 0 ? 1 : -1));
  const distance = (weights: Float64Array) => Math.abs(meanOf(values)(weights));
  const { plain } = bootstrap(100, { plain: distance }, { seed: 3 });
  assert.ok(plain.low > plain.value || plain.value === 0);
  const inflated = Object.assign((weights: Float64Array) => distance(weights), { isInflated: true });
  const { moved } = bootstrap(100, { moved: meanOfDefined([inflated]) }, { seed: 3 });
  assert.ok(moved.low === 0 && moved.value >= moved.low && moved.value <= moved.high);
});

test("a shared result is computed once for each resample", () => {
  let computed = 0;
  const shared = sharedAcross((weights) => {
    computed += 1;
    return weights.length;
  });
  bootstrap(5, { one: shared, other: shared }, { seed: 1, resamples: 4 });
  assert.equal(computed, 5);
});

test("reports every resample", () => {
  const seen: string[] = [];
  bootstrap(
    3,
    { one: () => 1 },
    { seed: 1, resamples: 2, onResample: (done, total) => seen.push(`${done}/${total}`) },
  );
  assert.deepEqual(seen, ["1/2", "2/2"]);
});

test("quantiles interpolate", () => {
  assert.equal(quantile(Float64Array.of(0, 1, 2), 0.25), 0.5);
});

test("averages the statistics that are defined", () => {
  assert.equal(meanOfDefined([() => 0.5, () => Number.NaN, () => 1])(Float64Array.of(1)), 0.75);
  assert.ok(Number.isNaN(meanOfDefined([() => Number.NaN])(Float64Array.of(1))));
});

test("means of known values leave gaps out, and are undefined where no row with weight knows one", () => {
  const matrix = { rows: 3, columns: 2, values: Float64Array.of(1, Number.NaN, 2, 4, Number.NaN, 8) };
  const means = knownMeans(matrix);
  assert.deepEqual([...means(Float64Array.of(1, 1, 1))], [1.5, 6]);
  assert.deepEqual([...means(Float64Array.of(3, 1, 0))], [1.25, 4]);
  assert.deepEqual([...means(Float64Array.of(2, 0, 0))], [1, Number.NaN]);
});

test("a statistic of some rows reads the weights of those rows", () => {
  const last = onRows([2, 3])(meanOf(Float64Array.of(10, 20)));
  assert.equal(last(Float64Array.of(5, 5, 1, 3)), 17.5);
  assert.equal(onRows([0])(Object.assign(() => 1, { isInflated: true })).isInflated, true);
});
