import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelledPrompt, Split } from "../data/labelled-prompt.ts";
import { foldOf, rowsLabelled, scoreMatrix, selectCandidates, separateRows } from "./rows.ts";

test("a development row with the prompt of a test row is left out", () => {
  const rows = [
    row("1", "What is 2+2?", "train"),
    row("2", "what  is\n2+2?", "test"),
    row("3", "What is 2+3?", "val"),
  ];
  const { development, test, dropped } = separateRows(rows);
  assert.deepEqual(
    development.map(({ id }) => id),
    ["3"],
  );
  assert.deepEqual(
    test.map(({ id }) => id),
    ["2"],
  );
  assert.equal(dropped, 1);
});

test("candidates are all that have labels, or those asked for", () => {
  const rows = [row("1", "a", "train", { beta: 1 }), row("2", "b", "train", { Alpha: 0 })];
  assert.deepEqual(selectCandidates(rows, undefined), ["Alpha", "beta"]);
  assert.deepEqual(selectCandidates(rows, ["beta", "beta"]), ["beta"]);
  assert.throws(
    () => selectCandidates(rows, ["gamma"]),
    /gamma has no label in the data, which has Alpha, beta/,
  );
});

test("prompts that differ only in case and white space are in one fold", () => {
  const fold = (text: string): number => foldOf(text, { seed: 7, folds: 5 });
  assert.equal(fold("What is  2+2?"), fold("what is 2+2?\n"));
  assert.equal(new Set(Array.from({ length: 100 }, (_, i) => fold(`prompt ${i}`))).size, 5);
});

test("a missing label is unknown, not zero", () => {
  const rows = [row("1", "a", "train", { x: 0 }), row("2", "b", "train", { y: 1 })];
  assert.deepEqual([...scoreMatrix(rows, ["x", "y"]).values], [0, Number.NaN, Number.NaN, 1]);
  assert.deepEqual(
    rowsLabelled(rows, ["y"]).map(({ id }) => id),
    ["2"],
  );
});

function row(
  id: string,
  text: string,
  split: Split,
  scores: Record<string, number> = { x: 1 },
): LabelledPrompt {
  return { id, source: "", text, characters: text.length, scores, outputTokens: {}, split };
}
