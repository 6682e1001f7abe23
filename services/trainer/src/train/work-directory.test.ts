import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { digestOf, openWorkDirectory } from "./work-directory.ts";

test("a part is found again by all that it was made of, and by nothing else", async () => {
  await using dir = await temporaryDirectory();
  const work = openWorkDirectory(join(dir.path, "work"));
  const madeOf = { seed: 7, rows: Uint32Array.of(1, 2) };
  await work.keep("fold-1", madeOf, { done: 3 });
  assert.deepEqual(await work.restore("fold-1", { rows: Uint32Array.of(1, 2), seed: 7 }), { done: 3 });
  assert.equal(await work.restore("fold-1", { ...madeOf, seed: 8 }), undefined);
  assert.equal(await work.restore("fold-1", { ...madeOf, rows: Uint32Array.of(1, 3) }), undefined);
  assert.equal(await work.restore("fold-2", madeOf), undefined);
  await work.remove();
  assert.deepEqual(await readdir(dir.path), []);
});

test("values that differ have digests that differ, wherever they differ", () => {
  const values = [
    1,
    "1",
    null,
    [],
    {},
    [1, 2],
    [[1], 2],
    [[1, 2]],
    { a: 1 },
    { a: [1] },
    { b: 1 },
    { a: { b: 1 } },
  ];
  const arrays = [Uint8Array.of(1), Uint16Array.of(1), Uint8Array.of(1, 0), [Uint8Array.of(1)]];
  const digests = [...values, ...arrays].map(digestOf);
  assert.equal(new Set(digests).size, digests.length);
});

test("where nothing can be kept, that is said and no more", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "work");
  await writeFile(path, "a file where the directory would be");
  const work = openWorkDirectory(path);
  await work.keep("prompts", {}, {});
  assert.match(work.problems.join(), /^prompts could not be kept in .*work .*: it cannot be resumed$/);
});
