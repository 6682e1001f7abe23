import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bertTokenizer, seededRandom } from "@ipr/testing";
import { loadEncoder, writeEncoder } from "./static-encoder.ts";
import { quantiseTable, sumRows } from "./static-table.ts";

const vocabulary = ["[UNK]", "hello", "world", "##s"];
const tokenizer = Buffer.from(JSON.stringify(bertTokenizer(vocabulary)));
const random = seededRandom(1);
const rows = Float32Array.from({ length: vocabulary.length * 8 }, (_, i) => (i < 8 ? 0 : random() - 0.5));
const description = {
  reference: "tiny",
  maxTokens: 4,
  maxCharacters: 64,
  licence: "Apache-2.0",
  origin: "drawn for a test",
  command: "none",
  tokenizer,
  table: quantiseTable(rows, 8),
};

test("a text is the sum of its tokens' rows at unit length", async () => {
  await using dir = await temporaryDirectory();
  const encoder = await writeEncoder(dir.path, description);
  const vector = await encoder.encode("Hello worlds");
  const sum = Float64Array.from({ length: 8 }, (_, i) => rows[8 + i]! + rows[16 + i]! + rows[24 + i]!);
  const length = Math.hypot(...sum);
  sum.forEach((value, i) => assert.ok(Math.abs(vector[i]! - value / length) < 0.02));
  assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
});

test("a text without a known token is all zero", async () => {
  await using dir = await temporaryDirectory();
  const encoder = await writeEncoder(dir.path, description);
  for (const text of ["", "???", "unheard of"])
    assert.deepEqual(await encoder.encode(text), new Float32Array(8));
});

test("only the first tokens are read", async () => {
  await using dir = await temporaryDirectory();
  const encoder = await writeEncoder(dir.path, description);
  const four = "hello hello hello hello";
  assert.deepEqual(await encoder.encode(`${four} world`), await encoder.encode(four));
});

test("the id follows from the table", async () => {
  await using dir = await temporaryDirectory();
  const encoder = await writeEncoder(dir.path, description);
  const other = await writeEncoder(dir.path, {
    ...description,
    table: quantiseTable(
      rows.map((x) => -x),
      8,
    ),
  });
  assert.match(encoder.id, /^tiny@sha256:[0-9a-f]{64}$/);
  assert.notEqual(encoder.id, other.id);
});

test("one flipped byte of any file is refused by name", async () => {
  await using dir = await temporaryDirectory();
  await writeEncoder(dir.path, description);
  for (const file of ["tokenizer.json", "table.bin"]) {
    const intact = await readFile(join(dir.path, file));
    for (let at = 0; at < intact.length; at += 7) {
      const broken = Buffer.from(intact);
      broken[at]! ^= 4;
      await writeFile(join(dir.path, file), broken);
      await assert.rejects(loadEncoder(dir.path), new RegExp(`${file.replace(".", "\\.")} is not the file`));
    }
    await rm(join(dir.path, file));
    await assert.rejects(loadEncoder(dir.path), new RegExp(`${file.replace(".", "\\.")} is missing`));
    await writeFile(join(dir.path, file), intact);
  }
});

test("rounding to bytes moves a row by at most half a step", () => {
  const table = quantiseTable(rows, 8);
  for (let row = 1; row < vocabulary.length; row++) {
    const largest = Math.max(...rows.subarray(row * 8, row * 8 + 8).map(Math.abs));
    for (let i = 0; i < 8; i++) {
      const restored = table.values[row * 8 + i]! * table.scales[row]!;
      assert.ok(Math.abs(restored - rows[row * 8 + i]!) <= largest / 254 + 1e-7);
    }
  }
  assert.deepEqual(sumRows(table, [0]), new Float32Array(8));
});

async function temporaryDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "ipr-encoder-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
