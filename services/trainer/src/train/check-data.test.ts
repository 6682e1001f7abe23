import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { checkData } from "./check-data.ts";
import { writeTinyData } from "./tiny-world.ts";

test("data are judged without an encoder, and nothing is written", async () => {
  await using dir = await temporaryDirectory();
  const file = await writeTinyData(dir.path, 400);
  const { rows, findings } = await checkData({ data: [file] });
  assert.equal(rows.development + rows.test, 400);
  assert.ok(findings.some(({ what }) => /fewer than 100 labels.*: rare \(\d+\)/.test(what)));
  assert.deepEqual(await readdir(dir.path), ["tiny.jsonl"]);
});

test("only the candidates asked for are judged", async () => {
  await using dir = await temporaryDirectory();
  const file = await writeTinyData(dir.path, 400);
  const { findings } = await checkData({ data: [file], candidates: ["strong"] });
  assert.ok(findings.every(({ what }) => !what.includes("rare")));
});
