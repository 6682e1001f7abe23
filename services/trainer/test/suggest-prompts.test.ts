import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Encoder, loadEncoder } from "@ipr/estimator";
import { temporaryDirectory, type TemporaryDirectory } from "@ipr/testing";
import { suggestPrompts, type SuggestOptions } from "../src/index.ts";
import { writeTinyEncoder } from "../src/train/tiny-world.ts";

let dir: TemporaryDirectory;
let encoder: Encoder;
let data: string;

const kinds = [
  "add numbers",
  "prove theorem",
  "deep small",
  "please now",
  "add deep",
  "numbers now",
  "small theorem",
];

before(async () => {
  dir = await temporaryDirectory();
  encoder = await loadEncoder(await writeTinyEncoder(dir.path));
  data = join(dir.path, "unlabelled.jsonl");
  const rows = kinds.flatMap((prompt, i) => [
    { id: `a${i}`, prompt },
    { id: `b${i}`, prompt: `${prompt.toUpperCase()} ` },
    { id: `test${i}`, prompt: `${prompt} please`, split: "test" },
  ]);
  await writeFile(data, rows.map((row) => JSON.stringify(row)).join("\n"));
});
after(() => dir[Symbol.asyncDispose]());

test("writes rows as they were, equal prompts once and none of split test", async () => {
  const report = await suggestPrompts(options(4, "four.jsonl"));
  assert.deepEqual(report, { prompts: 7, duplicates: 7, suggested: 4, out: join(dir.path, "four.jsonl") });
  const ids = await idsIn("four.jsonl");
  assert.ok(
    ids.every((id) => id.startsWith("a")),
    ids.join(),
  );
});

test("equal data and seed give the same prompts", async () => {
  await suggestPrompts(options(3, "once.jsonl"));
  await suggestPrompts(options(3, "twice.jsonl"));
  assert.deepEqual(await idsIn("once.jsonl"), await idsIn("twice.jsonl"));
});

test("more than there are is refused with how many there are", async () => {
  await assert.rejects(suggestPrompts(options(8, "x.jsonl")), /is 8, but the data have 7 different prompts/);
});

test("prompts that the encoder cannot tell apart are suggested once", async () => {
  const path = join(dir.path, "near.jsonl");
  // Words the encoder does not know: other text, the same vector.
  const near = ["xyz", "uvw", "rst"].map((word, i) => ({ id: i, prompt: `${word} ${word}` }));
  await writeFile(path, near.map((row) => JSON.stringify(row)).join("\n"));
  assert.equal((await suggestPrompts({ ...options(2, "y.jsonl"), data: [path] })).suggested, 1);
});

test("a row without a prompt is named by file and line", async () => {
  const path = join(dir.path, "broken.jsonl");
  await writeFile(path, `${JSON.stringify({ id: 1, prompt: "add" })}\n${JSON.stringify({ id: 2 })}`);
  await assert.rejects(
    suggestPrompts({ ...options(1, "z.jsonl"), data: [path] }),
    /broken\.jsonl:2 has no prompt/,
  );
});

function options(count: number, out: string): SuggestOptions {
  return { data: [data], count, out: join(dir.path, out), encoder };
}

async function idsIn(name: string): Promise<string[]> {
  const lines = (await readFile(join(dir.path, name), "utf8")).trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}
