import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createColumn, keepRows } from "./column.ts";

test("what was written stays while a column grows, and what is new is zero", () => {
  const column = createColumn(Float32Array);
  for (let row = 0; row < 5000; row++) {
    column.resize(row + 2);
    column.values[row] = row;
  }
  assert.ok(column.values.subarray(0, 5000).every((value, row) => value === row));
  assert.equal(column.values[5000], 0);
  assert.ok(column.values.buffer instanceof SharedArrayBuffer);
});

test("keeping rows is what filtering them would be", () => {
  const isKept = fc.array(fc.boolean(), { maxLength: 50 });
  fc.assert(
    fc.property(isKept, fc.integer({ min: 1, max: 4 }), (flags, width) => {
      const values = Uint32Array.from({ length: flags.length * width }, (_, at) => at);
      const wanted = values.filter((at) => flags[Math.floor(at / width)]);
      const kept = Uint32Array.from(flags.keys().filter((row) => flags[row]));
      keepRows(values, kept, width);
      assert.deepEqual(values.subarray(0, wanted.length), wanted);
    }),
  );
});
