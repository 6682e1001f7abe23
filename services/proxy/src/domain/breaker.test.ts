import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { admit, type Breaker, type CallEnd, closedBreaker, settle } from "./breaker.ts";

const coolDownMs = 10_000;

/** The breaker after each of these ends, all at the same moment. */
const after = (ends: readonly CallEnd[], nowMs = 0): Breaker =>
  ends.reduce((breaker: Breaker, end) => settle(breaker, end, nowMs), closedBreaker);

const failures = (count: number): CallEnd[] => Array.from({ length: count }, () => "failed");

test("stays closed for four failures in a row and opens at the fifth", () => {
  assert.equal(admit(after(failures(4)), 0).admitted, true);
  assert.deepEqual(after(failures(5)), { state: "open", untilMs: coolDownMs });
});

test("a success or another's leaving breaks or keeps the run", () => {
  assert.equal(after([...failures(4), "succeeded", ...failures(4)]).state, "closed");
  assert.equal(after([...failures(4), "left", "failed"]).state, "open");
});

test("refuses until the cool-down ends, then admits exactly one probe", () => {
  const open = after(failures(5));
  assert.equal(admit(open, coolDownMs - 1).admitted, false);
  const probing = admit(open, coolDownMs);
  assert.deepEqual(probing, { admitted: true, breaker: { state: "half-open" } });
  assert.equal(admit(probing.breaker, coolDownMs).admitted, false);
});

test("a probe that succeeds closes, one that fails opens again, one that is abandoned frees the place", () => {
  const probing = admit(after(failures(5)), coolDownMs).breaker;
  assert.deepEqual(settle(probing, "succeeded", coolDownMs), closedBreaker);
  assert.deepEqual(settle(probing, "failed", coolDownMs), { state: "open", untilMs: 2 * coolDownMs });
  assert.equal(admit(settle(probing, "left", coolDownMs), coolDownMs).admitted, true);
});

test("a late failure of a call from before it opened does not prolong the cool-down", () => {
  const open = after(failures(5));
  assert.deepEqual(settle(open, "failed", coolDownMs - 1), open);
});

test("whatever happened before, an endpoint is tried again within one cool-down", () => {
  const ends = fc.array(fc.constantFrom<CallEnd>("succeeded", "failed", "left"));
  fc.assert(fc.property(ends, (history) => admit(after(history), coolDownMs).admitted));
});
