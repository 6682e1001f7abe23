import assert from "node:assert/strict";
import { test } from "node:test";
import { shipped } from "@ipr/standalone";
import { nextCommand } from "./add-model.ts";

const options = { data: ["new.jsonl"], encoder: shipped.encoderDir, prices: "registry.yaml" };
const report = { out: "bundle-2", isRoutable: true, isShared: true };

test("a candidate that may be chosen is measured next", () => {
  assert.equal(
    nextCommand(report, options),
    "ipr evaluate --bundle bundle-2 --data new.jsonl --prices registry.yaml",
  );
});

test("labels of the new candidate alone need the others' beside them", () => {
  assert.equal(
    nextCommand({ ...report, isShared: false }, { ...options, encoder: "enc" }),
    "ipr evaluate --bundle bundle-2 --data new.jsonl OTHERS.jsonl --encoder enc --prices registry.yaml",
  );
});

test("with too few labels more prompts are to be labelled", () => {
  assert.match(
    nextCommand({ ...report, isRoutable: false }, options),
    /^ipr suggest-prompts --data UNLABELLED\.jsonl /,
  );
});
