import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { battleLabels, fitStrengths } from "./bradley-terry.ts";

test("equal records give equal strengths", () => {
  const strengths = fitStrengths(3, [
    { a: 0, b: 1, winsOfA: 5, battles: 10 },
    { a: 1, b: 2, winsOfA: 5, battles: 10 },
  ]);
  for (const strength of strengths) assert.ok(Math.abs(strength - 1) < 1e-9, String(strengths));
});

test("strengths are those the battles were drawn from", () => {
  const truth = [4, 1, 0.25];
  const pairings = [
    [0, 1],
    [0, 2],
    [1, 2],
  ].map(([a, b]) => ({
    a: a!,
    b: b!,
    winsOfA: (1_000_000 * truth[a!]!) / (truth[a!]! + truth[b!]!),
    battles: 1_000_000,
  }));
  for (const [index, strength] of fitStrengths(3, pairings).entries()) {
    assert.ok(Math.abs(strength / truth[index]! - 1) < 1e-4, `${strength} is not ${truth[index]}`);
  }
});

test("a candidate that never lost is strong, not infinite", () => {
  const [winner, loser] = fitStrengths(2, [{ a: 0, b: 1, winsOfA: 40, battles: 40 }]);
  assert.ok(winner! > loser! && Number.isFinite(winner!));
});

test("between two candidates a label is the outcome itself", () => {
  assert.deepEqual(battleLabels([3, 1], 1, 0), { winner: 1, loser: 0 });
});

test("labels are as in the worked example: strengths 2, 1 and 1", () => {
  // The winner beats the third with 3/4; the loser (strength 1) with 3/4 * 1/2.
  assert.deepEqual(battleLabels([2, 1, 1], 0, 1), { winner: 0.875, loser: 0.1875 });
});

const strength = fc.double({ min: 0.01, max: 100, noNaN: true });
const pool = fc.array(strength, { minLength: 2, maxLength: 8 });

test("labels are shares, the winner's is the higher, and over both outcomes they average to the chance of winning", () => {
  fc.assert(
    fc.property(pool, (strengths) => {
      const [w, l] = [strengths[0]!, strengths[1]!];
      const won = battleLabels(strengths, 0, 1);
      const lost = battleLabels(strengths, 1, 0);
      for (const label of [won.winner, won.loser, lost.winner, lost.loser]) {
        assert.ok(label >= 0 && label <= 1, String(label));
      }
      assert.ok(won.winner > won.loser);
      const chance = w / (w + l);
      const mean = chance * won.winner + (1 - chance) * lost.loser;
      const others = strengths.slice(1);
      const expected = others.reduce((sum, other) => sum + w / (w + other), 0) / others.length;
      assert.ok(Math.abs(mean - expected) < 1e-9, `${mean} is not ${expected}`);
    }),
  );
});
