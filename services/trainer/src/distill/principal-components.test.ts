import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFor } from "../train/random.ts";
import { principalAxes } from "./principal-components.ts";

test("finds the axes a matrix was made of, by falling variance", () => {
  const size = 12;
  const random = randomFor(7, "axes");
  const basis = orthonormal(
    Array.from({ length: size }, () => Array.from({ length: size }, () => random() - 0.5)),
  );
  const variances = Array.from({ length: size }, (_, i) => 2 ** -i);
  const covariance = new Float64Array(size * size);
  basis.forEach((axis, k) => {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) covariance[i * size + j]! += variances[k]! * axis[i]! * axis[j]!;
    }
  });
  const axes = principalAxes(covariance, size, 3);
  for (let k = 0; k < 3; k++) {
    const overlap = basis[k]!.reduce((sum, value, i) => sum + value * axes[i * 3 + k]!, 0);
    assert.ok(Math.abs(Math.abs(overlap) - 1) < 1e-9, `axis ${k} overlaps by ${overlap}`);
  }
});

test("the largest entry of an axis is positive, so that equal data give equal axes", () => {
  const axes = principalAxes(Float64Array.of(2, -1, -1, 2), 2, 1);
  assert.ok(Math.max(...axes) > 0.7 && Math.min(...axes) < -0.7);
});

/** Gram and Schmidt. */
function orthonormal(vectors: number[][]): number[][] {
  const basis: number[][] = [];
  for (const vector of vectors) {
    const rest = [...vector];
    for (const axis of basis) {
      const overlap = axis.reduce((sum, value, i) => sum + value * rest[i]!, 0);
      axis.forEach((value, i) => (rest[i]! -= overlap * value));
    }
    const length = Math.hypot(...rest);
    basis.push(rest.map((value) => value / length));
  }
  return basis;
}
