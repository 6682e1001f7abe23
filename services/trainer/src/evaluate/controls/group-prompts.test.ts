import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix, seededRandom } from "@ipr/evaluation";
import { groupPrompts, maxGroups } from "./group-prompts.ts";

const rows = 240;
const random = seededRandom(5);
/** Four heaps of vectors, one after another. */
const vectors = createMatrix(rows, 3, (row, column) => 10 * Number(row % 4 === column) + random());
const bySource = (sourceOf: (row: number) => string | undefined) =>
  groupPrompts(
    Array.from({ length: rows }, (_, row) => sourceOf(row)),
    vectors,
    { trained: rows, seed: 1 },
  );

test("few sources are a group each", () => {
  const { groupedBy, names, groupOf } = bySource((row) => (row % 2 === 0 ? "b" : "a"));
  assert.equal(groupedBy, "source");
  assert.deepEqual(names, ["a", "b"]);
  assert.deepEqual(Array.from(groupOf.slice(0, 3)), [1, 0, 1]);
});

test("many sources are grouped by what stands before the slash, where no group is nearly all", () => {
  const { groupedBy, names, sources } = bySource((row) => `${row % 2 === 0 ? "maths" : "law"}/${row % 40}`);
  assert.equal(groupedBy, "source prefix");
  assert.deepEqual(names, ["law", "maths"]);
  assert.equal(sources[0]!.length, 20);
});

test("many sources of one prefix are clustered, every source whole in one group", () => {
  const { groupedBy, names, sources, groupOf } = bySource((row) => `exam/${row % 40}`);
  assert.equal(groupedBy, "clusters of sources");
  assert.ok(names.length >= 4 && names.length <= maxGroups, `${names.length}`);
  assert.equal(sources.flat().length, 40);
  assert.equal(new Set(sources.flat()).size, 40);
  for (let row = 0; row < rows; row++) assert.equal(groupOf[row], groupOf[row % 40]);
});

test("prompts without sources are clustered by themselves, near ones together", () => {
  const { groupedBy, groupOf, names } = bySource(() => undefined);
  assert.equal(groupedBy, "clusters of prompts");
  assert.ok(names.length >= 4);
  const together = new Map<number, Set<number>>();
  for (const [row, group] of groupOf.entries())
    together.set(group, (together.get(group) ?? new Set()).add(row % 4));
  for (const heaps of together.values()) assert.equal(heaps.size, 1);
});

test("a source that training does not have cannot be left out of it: with one alone the prompts are clustered", () => {
  const sources = Array.from({ length: rows }, (_, row) => (row < 200 ? "known" : "new"));
  assert.equal(groupPrompts(sources, vectors, { trained: 200, seed: 1 }).groupedBy, "clusters of prompts");
});
