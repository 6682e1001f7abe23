import assert from "node:assert/strict";
import { test } from "node:test";
import { figure, percent, setting, usdPerThousand } from "./format-figures.ts";
import { textTable } from "./text-table.ts";

test("a figure has its interval, and unknown is never a number", () => {
  assert.equal(figure({ value: 0.5, low: 0.25, high: 0.75 }), "0.500 [0.250, 0.750]");
  assert.equal(figure({ value: 0.5, low: Number.NaN, high: Number.NaN }), "0.500");
  assert.equal(figure({ value: Number.NaN, low: Number.NaN, high: Number.NaN }), "n/a");
  assert.equal(percent({ value: 0.5, low: -0.25, high: 0.75 }), "50.0% [-25.0%, 75.0%]");
});

test("a setting that no tolerance reaches is the reference itself", () => {
  assert.equal(setting("gate", null), "reference");
  assert.equal(setting("utility", 0.12345), "USD weight 0.123");
  assert.equal(setting("gate", 0), "tolerance 0");
});

test("small costs keep three digits", () => {
  assert.equal(usdPerThousand(0.0000273456), "0.0273");
});

test("columns are aligned: the first to the left, the others to the right", () => {
  assert.deepEqual(textTable([["", "area"], ["gate", "0.5"], ["random mixing"]]), [
    "                area",
    "gate             0.5",
    "random mixing",
  ]);
});
