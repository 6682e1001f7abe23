import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseMisfit } from "./encoder-fit.ts";

const active = { bundle: "bundle-1", encoder: "minilm@sha256:1" };
const standIn = { bundle: "bundle-2", encoder: "static@sha256:2" };

test("encoders that each have a bundle may serve", () => {
  refuseMisfit(["minilm@sha256:1"], [active]);
  refuseMisfit(["minilm@sha256:1", "static@sha256:2"], [active, standIn]);
});

test("an encoder without a bundle is refused, with both ids", () => {
  assert.throws(() => refuseMisfit(["minilm@sha256:9"], [active]), {
    reason: "WRONG_ENCODER",
    metadata: { expected: "minilm@sha256:1", actual: "minilm@sha256:9" },
  });
});

test("a stand-in without a bundle is refused, and what it lacks is said", () => {
  assert.throws(
    () => refuseMisfit(["minilm@sha256:1", "static@sha256:2"], [active]),
    /the stand-in encoder is static@sha256:2, but bundle bundle-1 needs minilm@sha256:1: .*--stand-in-bundle/,
  );
});
