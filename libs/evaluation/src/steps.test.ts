import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix } from "./matrix.ts";
import { seededRandom } from "./random.ts";
import { choicesAt, collectSteps, maxCandidates, maxSettings, settingsOf } from "./steps.ts";
import { utilitySteps } from "./utility.ts";

test("reads each row's choice at a setting, first step included below it", () => {
  const steps = collectSteps(
    createMatrix(2, 3, () => 0),
    (row, emit) => {
      emit(0, 2);
      if (row === 1) emit(0.5, 1);
    },
  );
  assert.deepEqual([...choicesAt(steps, -1)], [2, 2]);
  assert.deepEqual([...choicesAt(steps, 0.5)], [2, 1]);
});

test("keeps one step for each setting and change", () => {
  const steps = collectSteps(
    createMatrix(1, 3, () => 0),
    (_, emit) => {
      emit(0, 2);
      emit(0, 1);
      emit(1, 1);
      emit(2, 0);
    },
  );
  assert.deepEqual([...steps.from], [0, 2]);
  assert.deepEqual([...steps.candidate], [1, 0]);
});

test("looks at every change when there are few, and thins many but for the ends and those asked for", () => {
  const random = seededRandom(1);
  const matrix = (rows: number) => createMatrix(rows, 3, random);
  const few = utilitySteps(matrix(10), matrix(10));
  assert.deepEqual(settingsOf(few), Float64Array.from(new Set(few.from)).toSorted());
  const many = utilitySteps(matrix(2_000), matrix(2_000));
  const settings = settingsOf(many, [0.123]);
  assert.ok(settings.length <= maxSettings + 1);
  assert.ok(settings.includes(0.123));
  assert.equal(settings.at(-1), Math.max(...many.from));
});

test("refuses a pool beyond the limit", () => {
  assert.throws(
    () =>
      collectSteps(
        createMatrix(1, maxCandidates + 1, () => 0),
        () => {},
      ),
    /51 candidates/,
  );
});
