import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelledRow } from "@ipr/trainer";
import { createTrainingWorld } from "./training-world.ts";

const options = { rows: 3000, candidates: 4, seed: 3 };

test("equal seeds give equal prompts and labels, other seeds others", async () => {
  const [first, again, other] = [await drawn(3), await drawn(3), await drawn(4)];
  assert.deepEqual(first.rows, again.rows);
  assert.notDeepEqual(first.rows, other.rows);
  assert.equal(first.ceiling, again.ceiling);
});

test("prompts differ, one label in ten is missing, and single answers are partly luck", async () => {
  const { rows, ceiling } = await drawn(3);
  assert.equal(new Set(rows.map(({ prompt }) => prompt)).size, rows.length);
  const labels = rows.reduce((sum, { scores }) => sum + Object.keys(scores).length, 0);
  assert.ok(labels > 0.85 * 12_000 && labels < 0.95 * 12_000, String(labels));
  assert.ok(ceiling > 0.1 && ceiling < 0.5, String(ceiling));
});

async function drawn(seed: number): Promise<{ rows: LabelledRow[]; ceiling: number }> {
  const world = await createTrainingWorld({ ...options, seed });
  const rows = await Array.fromAsync(world.rows());
  return { rows, ceiling: world.ceiling() };
}
