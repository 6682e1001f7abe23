import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryDirectory } from "@ipr/testing";

const main = join(import.meta.dirname, "../main.ts");

async function ipr(...words: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  try {
    return { ...(await promisify(execFile)(process.execPath, [main, ...words])), code: 0 };
  } catch (error) {
    return error as { stdout: string; stderr: string; code: number };
  }
}

test("import writes labelled prompts and reports for people and for machines", async () => {
  await using directory = await temporaryDirectory();
  const table = join(directory.path, "gsm8k_responses.csv");
  const out = join(directory.path, "rows.jsonl");
  await writeFile(table, "prompt,small,big\nHow many?,False,True\nHow much?,True,True\n");
  const words = ["import", "--from", "routellm", table, "--out", out];
  const shown = await ipr(...words);
  assert.match(shown.stdout, /small +2 +0\.500/);
  assert.match(shown.stdout, /2 labelled prompts of 2 records in .*rows\.jsonl\nnext: ipr train --data /);
  assert.equal((await readFile(out, "utf8")).trim().split("\n").length, 2);
  const report: unknown = JSON.parse((await ipr(...words, "--json")).stdout);
  assert.partialDeepStrictEqual(report, {
    prompts: 2,
    candidates: [{ name: "big", labels: 2, meanScore: 1 }],
  });
});

test("import lists its formats, and says in one line what is missing or wrong", async () => {
  assert.match((await ipr("import", "--list")).stdout, /^format +files\nrouterbench /);
  const bare = await ipr("import", "--from", "routellm");
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /needs --from FORMAT, --out FILE and at least one file/);
  const missing = await ipr("import", "--from", "routellm", "no.csv", "--out", "no.jsonl");
  assert.equal(missing.code, 1);
  assert.equal(missing.stderr, "error: no.csv does not exist\n");
});
