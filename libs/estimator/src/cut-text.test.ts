import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cutText } from "./cut-text.ts";

test("a text that fits is left alone", () => {
  assert.equal(cutText("as it is", 8), "as it is");
});

test("a longer one keeps head and tail", () => {
  assert.equal(cutText("0123456789abcdefghij", 9), "012345\nij");
});

test("never longer than the limit, never half a character, whatever the text", () => {
  const limit = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), limit, (text, maxCharacters) => {
      const cut = cutText(text, maxCharacters);
      assert.ok(cut.length <= Math.max(maxCharacters, 0));
      assert.ok(cut.isWellFormed());
    }),
  );
});

test("a character outside the basic plane is kept whole or dropped whole", () => {
  for (let limit = 0; limit < 30; limit++) assert.ok(cutText("😀".repeat(20), limit).isWellFormed());
});
