import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@ipr/testing";
import { countAllRows } from "./describe-data.ts";
import { writeLabelledPrompts } from "./write-labelled-prompts.ts";

test("the rows of every kind of data file are counted, with and without a last line break", async () => {
  await using dir = await temporaryDirectory();
  const row = (id: number) => ({ id: String(id), prompt: "a prompt", scores: { a: 1 } });
  const [plain, packed, table] = ["a.jsonl", "b.jsonl.gz", "c.parquet"].map((name) => join(dir.path, name));
  await writeFile(plain!, "{}\n{}\n{}");
  await writeFile(packed!, gzipSync("{}\n{}\n"));
  await writeLabelledPrompts(table!, [row(1), row(2), row(3), row(4)]);
  assert.deepEqual(
    [await countAllRows([plain!]), await countAllRows([packed!]), await countAllRows([table!])],
    [3, 2, 4],
  );
  assert.equal(await countAllRows([plain!, packed!, table!]), 9);
});

test("rows of a file that cannot be read are unknown", async () => {
  await using dir = await temporaryDirectory();
  const broken = join(dir.path, "broken.jsonl.gz");
  await writeFile(broken, "not packed");
  assert.equal(await countAllRows([broken]), undefined);
  assert.equal(await countAllRows([join(dir.path, "missing.jsonl")]), undefined);
});
