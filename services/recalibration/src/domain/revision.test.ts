import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { revisionBefore, revisionOf, sequenceOf } from "./revision.ts";

test("revisions sort as text in the order they were made, and lead back to their number", () => {
  const sequence = fc.integer({ min: 1, max: 999_999_999_999 });
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      assert.equal(revisionOf(a) < revisionOf(b), a < b);
      assert.equal(sequenceOf(revisionOf(a)), a);
    }),
  );
});

test("the revision before is the newest older one, and none before the first", () => {
  const history = [3, 1, 5].map(revisionOf);
  assert.equal(revisionBefore(revisionOf(5), history), revisionOf(3));
  assert.equal(revisionBefore(revisionOf(4), history), revisionOf(3));
  assert.equal(revisionBefore(revisionOf(1), history), "none");
  assert.equal(sequenceOf("none"), 0);
});
