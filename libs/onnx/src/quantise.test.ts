import assert from "node:assert/strict";
import { test } from "node:test";
import { quantiseRows, quantiseWeights } from "./quantise.ts";

test("weights come back transposed, within half a step of their column", () => {
  const weights = Float32Array.of(1, -0.5, 0.25, 100, 50, -100);
  const { data, scales } = quantiseWeights(weights, 2);
  for (let column = 0; column < 2; column++) {
    for (let i = 0; i < 3; i++) {
      const value = data[i * 2 + column]! * scales[column]!;
      const wanted = weights[column * 3 + i]!;
      assert.ok(Math.abs(value - wanted) <= scales[column]! / 2 + 1e-6, `${value} is not ${wanted}`);
    }
  }
});

test("no weight needs more than seven bits, so that two products of bytes fit 16", () => {
  const weights = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i) ** 9 * (i % 7));
  const { data } = quantiseWeights(weights, 16);
  const largest = data.reduce((result, value) => Math.max(result, Math.abs(value)), 0);
  assert.equal(largest, 64);
  assert.ok(2 * 255 * largest < 2 ** 15);
});

test("an outlier is clipped when that rounds the others finer", () => {
  const weights = Float32Array.from({ length: 20_000 }, (_, i) => (i === 0 ? 1.2 : Math.sin(i)));
  const { scales } = quantiseWeights(weights, 1);
  assert.ok(scales[0]! < 1.2 / 64);
});

test("each row of a table has its own scale, and a row of zeros stays one", () => {
  const { data, scales } = quantiseRows(Float32Array.of(0, 0, 127, -63.5, 0.127, 0), 2);
  assert.deepEqual(Array.from(data), [0, 0, 127, -63, 127, 0]);
  assert.deepEqual(
    Array.from(scales, (scale) => Math.round(scale * 1000)),
    [0, 1000, 1],
  );
});
