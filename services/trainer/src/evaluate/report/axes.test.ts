import assert from "node:assert/strict";
import { test } from "node:test";
import { drawAxes, plot, rangeOf, ticks } from "./axes.ts";

test("marks are round, inside the range and between four and eleven", () => {
  for (const [from, to] of [
    [0, 1],
    [0.31, 0.97],
    [-0.0002, 0.0051],
    [12, 7_900],
  ] as const) {
    const marks = ticks({ from, to });
    assert.ok(marks.length >= 4 && marks.length <= 11, marks.join(" "));
    assert.ok(marks.every((mark) => mark >= from && mark <= to));
  }
  assert.deepEqual(
    ticks({ from: 0, to: 1 }).map((mark) => Number(mark.toFixed(9))),
    [0, 0.2, 0.4, 0.6, 0.8, 1],
  );
});

test("a range of one value still has a width", () => {
  const { from, to } = rangeOf([0.5, 0.5], 0.1);
  assert.ok(from < 0.5 && to > 0.5);
  const zero = rangeOf([0], 0.1);
  assert.ok(zero.to > zero.from);
});

test("values lie inside the frame, larger ones to the right and up", () => {
  const axes = drawAxes({ x: { from: 0, to: 2 }, y: { from: 0, to: 1 } }, { x: "cost", y: "quality" });
  assert.deepEqual([axes.x(0), axes.x(2)], [plot.left, plot.width - plot.right]);
  assert.deepEqual([axes.y(0), axes.y(1)], [plot.height - plot.bottom, plot.top]);
});
