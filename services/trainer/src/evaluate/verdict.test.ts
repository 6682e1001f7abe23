import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./verdict.ts";

const above = { value: 0.25, low: 0.125, high: 0.5 };
const around = { value: 0.25, low: -0.125, high: 0.5 };
const below = { value: -0.25, low: -0.5, high: -0.125 };
const none = { value: Number.NaN, low: Number.NaN, high: Number.NaN };

test("a rule whose whole interval is above the frontier beats it, and the other is named", () => {
  const verdict = judge({ utility: above, gate: below }, 1200);
  assert.equal(verdict.conclusion, "beats");
  assert.deepEqual(verdict.rules, { utility: "beats", gate: "does-not-beat" });
  assert.equal(
    verdict.text,
    "Routing beats the static frontier with the utility rule; the gate rule does not " +
      "(difference in area on 1,200 rows: utility rule +0.250 [+0.125, +0.500], gate rule -0.250 [-0.500, -0.125]).",
  );
});

test("both rules above the frontier are one sentence", () => {
  assert.match(
    judge({ utility: above, gate: above }, 1200).text,
    /^Routing beats the static frontier with either rule/,
  );
});

test("an interval around zero decides nothing, whatever its value", () => {
  assert.equal(judge({ utility: around, gate: below }, 1200).conclusion, "cannot-be-told");
  assert.match(
    judge({ utility: around, gate: around }, 1200).text,
    /cannot be told from this much data \(difference/,
  );
  assert.match(
    judge({ utility: around, gate: above }, 1200).text,
    /gate rule; the utility rule cannot be told apart/,
  );
});

test("where one rule cannot be told and the other is worse, the worse one is named", () => {
  const { text } = judge({ utility: around, gate: below }, 1200);
  assert.match(text, /cannot be told from this much data; the gate rule is worse than a fixed mixture/);
});

test("two rules below the frontier say not to route", () => {
  const verdict = judge({ utility: below, gate: below }, 1200);
  assert.equal(verdict.conclusion, "does-not-beat");
  assert.match(verdict.text, /do not route/);
});

test("where nothing can be traded it says so", () => {
  assert.match(
    judge({ utility: none, gate: none }, 1200).text,
    /cheapest candidate is also the best.*not defined/,
  );
});
