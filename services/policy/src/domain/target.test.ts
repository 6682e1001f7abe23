import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, toleranceFor, type ToleranceTable } from "./target.ts";

const table: ToleranceTable = {
  pool: ["large", "small"],
  reference: "large",
  points: [
    { tolerance: 0, qualityRatio: 0.9921875, saving: 0.125 },
    { tolerance: 0.125, qualityRatio: 0.96875, saving: 0.5 },
    { tolerance: 0.25, qualityRatio: 0.875, saving: 0.75 },
  ],
};
const asked: Asked = { candidates: ["small", "large"], reference: "large", gate: "dynamic_max", margin: 0 };
const loss = (share: number) => toleranceFor({ kind: "max_quality_loss", share }, table, asked);
const saving = (share: number) => toleranceFor({ kind: "min_saving", share }, table, asked);

test("a quality loss takes the largest saving within it, exactly at its edge too", () => {
  assert.deepEqual(
    [loss(0.0625), loss(0.03125), loss(1)],
    [{ tolerance: 0.125 }, { tolerance: 0.125 }, { tolerance: 0.25 }],
  );
});

test("a saving takes the best quality that has it", () => {
  assert.deepEqual(
    [saving(0.5), saving(0.51), saving(0)],
    [{ tolerance: 0.125 }, { tolerance: 0.25 }, { tolerance: 0 }],
  );
});

test("what no tolerance reaches is refused with the nearest that one does", () => {
  assert.deepEqual(loss(0), {
    problem: "no tolerance reaches it; the nearest is max_quality_loss 0.0078",
    nearest: 0.0078125,
  });
  assert.deepEqual(saving(0.9), {
    problem: "no tolerance reaches it; the nearest is min_saving 0.7500",
    nearest: 0.75,
  });
});

test("a table for something else is not read", () => {
  const target = { kind: "min_saving", share: 0 } as const;
  const why = (more: Partial<Asked>) => toleranceFor(target, table, { ...asked, ...more });
  for (const more of [
    { candidates: ["large"] },
    { reference: "small" },
    { gate: "static" as const },
    { margin: 0.1 },
  ]) {
    assert.ok("problem" in why(more), JSON.stringify(more));
  }
  assert.deepEqual(toleranceFor(target, undefined, asked), { problem: "the bundle has no tolerance table" });
});
