import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, shuffledIndexes } from "./random.ts";

test("fills [0, 1) evenly and repeats for an equal seed", () => {
  const random = seededRandom(42);
  const draws = Array.from({ length: 20_000 }, random);
  const tenths = Map.groupBy(draws, (draw) => Math.floor(draw * 10));
  assert.equal(tenths.size, 10);
  for (const { length } of tenths.values()) assert.ok(length > 1_800 && length < 2_200, `${length}`);
  const again = seededRandom(42);
  assert.equal(draws[0], again());
  assert.notEqual(draws[0], seededRandom(43)());
});

test("shuffling keeps every index once", () => {
  const shuffled = shuffledIndexes(100, seededRandom(1));
  assert.notDeepEqual(
    [...shuffled],
    [...shuffled].toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    shuffled.toSorted(),
    Uint32Array.from({ length: 100 }, (_, index) => index),
  );
});

test("a stream can begin after any number of draws", () => {
  const whole = seededRandom(11);
  const numbers = Array.from({ length: 40 }, () => whole());
  const later = seededRandom(11, 25);
  assert.deepEqual(
    Array.from({ length: 15 }, () => later()),
    numbers.slice(25),
  );
});
