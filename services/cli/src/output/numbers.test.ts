import assert from "node:assert/strict";
import { test } from "node:test";
import { percent, quality, usd } from "./numbers.ts";

test("a cost has four significant digits and no exponent, however small", () => {
  assert.deepEqual(
    [usd(0.0000012345), usd(0.0123456), usd(12.3456), usd(0)],
    ["0.000001234", "0.01235", "12.35", "0"],
  );
});

test("unknown is said", () => {
  assert.deepEqual(
    [usd(undefined), quality(undefined), percent(undefined)],
    ["unknown", "unknown", "unknown"],
  );
});

test("a negative saving stays negative", () => {
  assert.equal(percent(-0.125), "-12.5 %");
});
