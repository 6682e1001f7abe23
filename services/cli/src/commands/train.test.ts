import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { shipped } from "@ipr/standalone";
import { temporaryDirectory } from "@ipr/testing";
import type { Command } from "commander";
import { evaluateCommand } from "./evaluate.ts";
import { keptWork, nextCommand, trainCommand } from "./train.ts";

const candidate = (name: string) => ({
  name,
  labels: 100,
  meanQuality: 0.5,
  hasAdapter: true,
  isCalibrated: false,
});
const report = { out: "my-bundle", candidates: ["a", "b"].map(candidate), unpriced: [] };
const encoder = shipped.encoderDir;

test("the next command has the data and the prices that were trained with", () => {
  assert.equal(
    nextCommand(report, { data: ["a.jsonl", "b.jsonl.gz"], encoder, prices: "registry.yaml" }),
    "ipr evaluate --bundle my-bundle --data a.jsonl b.jsonl.gz --prices registry.yaml",
  );
  assert.equal(
    nextCommand(report, { data: ["a.jsonl"], encoder }),
    "ipr evaluate --bundle my-bundle --data a.jsonl",
    "prices lie beside the data",
  );
});

test("it asks for prices where fewer than two candidates have one, and names an encoder of one's own", () => {
  assert.equal(
    nextCommand({ ...report, unpriced: ["a"] }, { data: ["a.jsonl"], encoder: "enc" }),
    "ipr evaluate --bundle my-bundle --data a.jsonl --encoder enc --prices FILE",
  );
});

test("a shell reads each word of it as it was", () => {
  assert.equal(
    nextCommand({ ...report, out: "my bundle" }, { data: ["it's.jsonl"], encoder }),
    String.raw`ipr evaluate --bundle 'my bundle' --data 'it'\''s.jsonl'`,
  );
});

for (const [name, command] of [
  ["train", trainCommand({})],
  ["evaluate", evaluateCommand({})],
] as const) {
  test(`the example of ${name} --help has prices`, () => {
    assert.match(helpOf(command), /Example:\n  ipr .*--data my-prompts\.jsonl --prices registry\.yaml/);
  });
}

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (text) => parts.push(text) }).outputHelp();
  return parts.join("");
}

test("what a failed training keeps is said only when it is there", async () => {
  await using directory = await temporaryDirectory();
  const out = join(directory.path, "bundle");
  assert.equal(keptWork(out), "");
  await mkdir(`${out}.work`);
  assert.equal(keptWork(out), "", "a directory without a stage");
  await writeFile(join(`${out}.work`, "prompts"), "");
  assert.match(keptWork(out), /^finished stages are kept in .*bundle\.work: run the same command again/);
});
