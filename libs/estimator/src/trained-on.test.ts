import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { fromDigestBytes, hasPrompt, promptDigests, toDigestBytes } from "./trained-on.ts";

test("every prompt that was given is recognised, and no other", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (known, others) => {
      const digests = promptDigests(known);
      for (const text of known) assert.ok(hasPrompt(digests, text), text);
      for (const text of others) assert.equal(hasPrompt(digests, text), known.includes(text), text);
    }),
  );
});

test("digests come back as they were stored: 8 sorted bytes for each prompt, whatever the order and repetition", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (texts) => {
      const bytes = toDigestBytes(promptDigests(texts));
      assert.deepEqual(bytes, toDigestBytes(promptDigests([...texts, ...texts].toReversed())));
      const expected = [...new Set(texts)].map((text) =>
        createHash("sha256").update(text).digest().subarray(0, 8).toString("hex"),
      );
      assert.equal(Buffer.from(bytes).toString("hex"), expected.toSorted().join(""));
      assert.deepEqual(fromDigestBytes(bytes), promptDigests(texts));
    }),
  );
});

test("bytes that are no list of digests are not read as one", () => {
  const bytes = toDigestBytes(promptDigests(["a", "b"]));
  assert.equal(fromDigestBytes(bytes.subarray(1)), undefined);
  assert.equal(
    fromDigestBytes(Buffer.concat([bytes.subarray(8), bytes.subarray(0, 8)])),
    undefined,
    "not sorted",
  );
});
