import assert from "node:assert/strict";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { readStoredValue, storeValue } from "./stored-value.ts";

const value = {
  name: "a part",
  weights: { a: Float32Array.of(1.5, Number.NaN), b: new Float32Array(0) },
  kinds: [Uint8Array.of(7), Uint16Array.of(65_535), Uint32Array.of(9), BigUint64Array.of(2n ** 63n)],
  half: Float16Array.of(0.5),
  nothing: null,
};

test("a value comes back as it was stored, its arrays in shared memory", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "x.part");
  await storeValue(file, value);
  const read = (await readStoredValue(file)) as typeof value;
  assert.deepEqual(read, value);
  assert.ok(read.weights.a.buffer instanceof SharedArrayBuffer);
  assert.deepEqual(await readdir(dir.path), ["x.part"], "nothing else is left");
});

test("a file that is not there, not whole or not ours has no value", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "x.part");
  assert.equal(await readStoredValue(file), undefined);
  await storeValue(file, value);
  for (let { length } = await readFile(file); length > 0; length -= 7) {
    await truncate(file, length - 1);
    assert.equal(await readStoredValue(file), undefined, `${length} bytes`);
  }
  await writeFile(file, "something else altogether, and longer than a header");
  assert.equal(await readStoredValue(file), undefined);
});
