import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Box, overlaps, placeLabels, spotsAlong } from "./place-labels.ts";

const bounds: Box = { left: 0, right: 700, top: 0, bottom: 400 };
const label = fc.record({
  text: fc.string({ minLength: 1, maxLength: 30 }),
  x: fc.integer({ min: 0, max: 700 }),
  y: fc.integer({ min: 0, max: 400 }),
});

test("no name covers another, a mark, or leaves the drawing", () => {
  fc.assert(
    fc.property(fc.array(label, { maxLength: 25 }), (labels) => {
      const placed = placeLabels(labels, { marks: labels, lines: [], bounds });
      for (const [index, { box }] of placed.entries()) {
        assert.ok(box.left >= 0 && box.right <= 700 && box.top >= 0 && box.bottom <= 400);
        for (const other of placed.slice(index + 1)) assert.ok(!overlaps(box, other.box));
        for (const { x, y } of labels)
          assert.ok(!overlaps(box, { left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
      }
    }),
  );
});

test("a name alone stands beside its point without a line; in a crowd all are written, some with a line", () => {
  const [alone] = placeLabels([{ text: "alone", x: 100, y: 100 }], { marks: [], lines: [], bounds });
  assert.equal(alone?.hasLeader, false);
  const crowd = Array.from({ length: 8 }, (_, index) => ({
    text: `candidate ${index}`,
    x: 300 + index,
    y: 200,
  }));
  const placed = placeLabels(crowd, { marks: crowd, lines: [], bounds });
  assert.equal(placed.length, crowd.length);
  assert.ok(placed.some(({ hasLeader }) => hasLeader));
});

test("a name keeps off a line where there is room", () => {
  const lines = spotsAlong([
    { x: 0, y: 100 },
    { x: 700, y: 104 },
  ]);
  const point = { text: "on the line", x: 300, y: 102 };
  const [placed] = placeLabels([point], { marks: [point], lines, bounds });
  assert.ok(
    lines.every(({ x, y }) => !overlaps(placed!.box, { left: x, right: x + 1, top: y, bottom: y + 1 })),
  );
});
