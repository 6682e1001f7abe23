import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createDigestIndex, textKey } from "./digest-index.ts";

test("gives each text the number it came with first, as a map of texts would", () => {
  const texts = fc.array(fc.string({ maxLength: 2 }), { maxLength: 3000 });
  fc.assert(
    fc.property(texts, (all) => {
      const index = createDigestIndex();
      const map = new Map<string, number>();
      for (const [number, text] of all.entries()) {
        if (!map.has(text)) map.set(text, number);
        assert.equal(index.firstOf(textKey(text), number), map.get(text));
      }
      assert.equal(index.size, map.size);
      assert.equal(index.find(textKey("none of these")), undefined);
    }),
    { numRuns: 20 },
  );
});

test("holds a hundred thousand", () => {
  const index = createDigestIndex();
  for (let i = 0; i < 100_000; i++) index.firstOf(textKey(String(i)), i);
  for (const i of [0, 1, 77_777, 99_999]) assert.equal(index.find(textKey(String(i))), i);
});
