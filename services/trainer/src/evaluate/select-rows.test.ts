import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelledPrompt, Split } from "../data/labelled-prompt.ts";
import { minRows, selectRows } from "./select-rows.ts";

let next = 0;
const row = (
  split: Split,
  scores: Record<string, number> = { small: 0, large: 1 },
  text?: string,
): LabelledPrompt => {
  next += 1;
  return {
    id: `row-${next}`,
    source: "",
    text: text ?? `prompt ${next}`,
    characters: 8,
    scores,
    outputTokens: {},
    split,
  };
};
const rows = (count: number, split: Split, scores?: Record<string, number>) =>
  Array.from({ length: count }, () => row(split, scores));
const pool = ["small", "large"];
const unseen = { isTrainedOn: () => false };
const trainedOn = (prompts: readonly LabelledPrompt[]) => ({
  isTrainedOn: ({ text }: LabelledPrompt) => prompts.some((prompt) => prompt.text === text),
});

test("measures the split, chooses on the others, and counts what is left out", () => {
  const prompts = [
    ...rows(minRows, "test"),
    ...rows(3, "train"),
    ...rows(2, "val"),
    row("train", { large: 1 }),
    row("test", { small: 1 }),
    row("test", { other: 1 }),
  ];
  const { measured, routed, others, labelledOthers, excluded } = selectRows(prompts, pool, "test", unseen);
  assert.equal(measured.length, minRows + 1);
  assert.equal(routed.length, minRows);
  assert.equal(others.length, 5);
  assert.equal(labelledOthers.length, 6);
  assert.deepEqual(excluded, [
    { reason: "of another split", rows: 6 },
    { reason: "without a label of any candidate", rows: 1 },
    { reason: "from routing only, for want of a label of every candidate", rows: 1 },
  ]);
});

test("never chooses on test rows, nor on a prompt that is measured too", () => {
  const measured = [row("val", undefined, "What is  two plus two?"), ...rows(minRows, "val")];
  const copy = row("train", undefined, "what is two plus two?");
  const { others } = selectRows(
    [...measured, ...rows(4, "test"), copy, ...rows(1, "train")],
    pool,
    "val",
    unseen,
  );
  assert.deepEqual(
    others.map(({ split, text }) => [split, text === copy.text]),
    [["train", false]],
  );
});

test("all rows leave none to choose on", () => {
  const { measured, others } = selectRows(
    [...rows(minRows, "test"), ...rows(2, "train")],
    pool,
    "all",
    unseen,
  );
  assert.equal(measured.length, minRows + 2);
  assert.deepEqual(others, []);
});

test("an empty split is an error that lists the splits there are", () => {
  assert.throws(
    () => selectRows(rows(2, "train"), pool, "test", unseen),
    /no row is in the split test.*train 2/,
  );
});

test("candidates that are never labelled together are not routed between, and the largest group that is gets named", () => {
  const prompts = [...rows(30, "test", { a: 1, b: 0 }), ...rows(40, "test", { b: 1, c: 0 })];
  const apart = selectRows(prompts, ["a", "b", "c"], "test", unseen);
  assert.equal(apart.measured.length, 70);
  assert.match(apart.tooFew!, /0 rows have a label of every candidate.*40 rows go together with --pool b,c/);
  const { tooFew } = selectRows(rows(30, "test", { a: 1 }), ["a", "b"], "test", unseen);
  assert.match(tooFew!, /No two candidates are labelled on the same rows/);
});

test("too few rows of a split are an error that says where there are more", () => {
  const prompts = [...rows(2, "test"), ...rows(minRows, "train")];
  assert.throws(
    () => selectRows(prompts, pool, "test", unseen),
    /2 rows \(test\).*have 22: give --split all/,
  );
  assert.throws(
    () => selectRows(rows(2, "test"), pool, "test", unseen),
    /2 rows \(test\) have a label, but at least 20 are needed$/,
  );
});

test("rows the bundle was trained on are counted and not measured; those of train and val still choose", () => {
  const [known, fresh] = [rows(30, "train"), rows(minRows, "test")];
  const copies = known.slice(0, 3).map(({ text }) => row("test", undefined, text));
  const prompts = [...known, ...fresh, ...copies];
  const all = selectRows(prompts, pool, "all", trainedOn(known));
  assert.deepEqual(all.measured, fresh);
  assert.deepEqual(all.others, known, "a copy among the test rows never chooses");
  assert.deepEqual(all.excluded, [{ reason: "that the bundle was trained on", rows: 33 }]);
  const test = selectRows(prompts, pool, "test", trainedOn(known));
  assert.deepEqual(test.measured, fresh);
  assert.deepEqual(test.excluded, [
    { reason: "of another split", rows: 30 },
    { reason: "that the bundle was trained on", rows: 3 },
  ]);
});

test("too few rows that are new to the bundle are an error that says so", () => {
  const known = rows(30, "train");
  assert.throws(
    () => selectRows([...known, ...rows(2, "train"), ...rows(40, "test")], pool, "train", trainedOn(known)),
    /^IprError: split: 2 rows can be measured.*trained on 30 of the 32 rows \(train\).*--split test/s,
  );
});
