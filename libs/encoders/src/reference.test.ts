import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReference, resolveReference } from "./reference.ts";

const digest = `sha256:${"a".repeat(64)}`;
const shipped = { minilm: "/shipped/minilm" };

test("a reference is a directory, with a digest or without", () => {
  assert.deepEqual(parseReference("/some/dir"), { dir: "/some/dir", digest: undefined });
  assert.deepEqual(parseReference(`/some/dir@${digest}`), { dir: "/some/dir", digest });
});

test("a digest that is cut short is named and not taken for a part of the directory", () => {
  assert.throws(() => parseReference("/some/dir@sha256:abc"), /has "sha256:abc", but a digest is/);
});

test("the name of a shipped encoder is its directory, and keeps its digest", () => {
  assert.equal(resolveReference("minilm", shipped), "/shipped/minilm");
  assert.equal(resolveReference(`minilm@${digest}`, shipped), `/shipped/minilm@${digest}`);
  assert.equal(resolveReference("./minilm", shipped), "./minilm");
});

test("a name that nothing has is refused with the names there are", () => {
  assert.throws(
    () => resolveReference("minilmm", shipped),
    /neither a directory nor a shipped encoder \(minilm\)/,
  );
});
