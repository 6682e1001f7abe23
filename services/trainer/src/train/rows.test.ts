import assert from "node:assert/strict";
import { test } from "node:test";
import { foldOf, selectCandidates, spreadRows } from "./rows.ts";

test("candidates are all that have labels, or those asked for", () => {
  const labelled = new Set(["beta", "Alpha"]);
  assert.deepEqual(selectCandidates(labelled, undefined), ["Alpha", "beta"]);
  assert.deepEqual(selectCandidates(labelled, ["beta", "beta"]), ["beta"]);
  assert.throws(
    () => selectCandidates(labelled, ["gamma"]),
    /gamma has no label in the data, which has Alpha, beta/,
  );
});

test("prompts that differ only in case and white space are in one fold", () => {
  const fold = (text: string): number => foldOf(text, { seed: 7, folds: 5 });
  assert.equal(fold("What is  2+2?"), fold("what is 2+2?\n"));
  assert.equal(new Set(Array.from({ length: 100 }, (_, i) => fold(`prompt ${i}`))).size, 5);
});

test("rows that stand for many are spread over all of them", () => {
  assert.deepEqual([...spreadRows(3, 5)], [0, 1, 2]);
  assert.deepEqual([...spreadRows(10, 4)], [0, 2, 5, 7]);
});
