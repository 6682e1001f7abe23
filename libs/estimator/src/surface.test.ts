import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { surfaceCount, surfaceNames, surfaceNumbers } from "./surface.ts";

type Name = (typeof surfaceNames)[number];

test("each number says what its name says", () => {
  const text = "What is 12+30?\nA. 41\n(b) 42\n3) É\\frac$x$";
  const numbers = surfaceNumbers(text, 1000);
  const value = (name: Name): number => numbers[surfaceNames.indexOf(name)]!;
  near(value("log_characters"), Math.log1p(1000));
  near(value("log_words"), Math.log1p(12));
  near(value("log_lines"), Math.log1p(3));
  near(value("digit_share"), 9 / text.length);
  near(value("upper_share"), 2 / text.length);
  near(value("code_share"), 3 / text.length);
  near(value("log_latex"), Math.log1p(3));
  near(value("log_questions"), Math.log1p(1));
  near(value("log_choices"), Math.log1p(3));
  near(value("non_ascii_share"), 1 / text.length);
  near(value("log_numbers"), Math.log1p(5));
});

test("thirteen finite numbers for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const numbers = surfaceNumbers(text, text.length);
      assert.equal(numbers.length, surfaceCount);
      assert.equal(surfaceNames.length, surfaceCount);
      assert.ok(numbers.every((number) => Number.isFinite(number) && number >= 0));
    }),
  );
});

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-5, `${actual} is not ${expected}`);
}
