import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openEncoder } from "@ipr/encoders";
import { readGoldenVectors } from "../src/checkpoint/golden-vectors.ts";
import { tryEncoder } from "../src/encoder-import/encoder-check.ts";

const minilm = fileURLToPath(new URL("../../../deploy/default/encoders/minilm", import.meta.url));
const golden = fileURLToPath(new URL("../src/checkpoint/minilm-l6-v2.golden.jsonl", import.meta.url));

test("the shipped MiniLM gives the vectors of the original, from the prompts", async () => {
  const { golden: found } = await tryEncoder(minilm, await readGoldenVectors(golden), { isTimed: false });
  assert.equal(found?.vectors, 48);
  assert.ok(found.minCosine >= 0.98, `${found.minCosine} for ${found.farthest}`);
  assert.ok(found.meanCosine >= 0.99, `${found.meanCosine}`);
});

test("it reads a megabyte as fast as what it keeps of it, and the same text gives the same vector", async () => {
  await using encoder = await openEncoder(minilm);
  const text = "why does water boil at a lower temperature on a mountain? ".repeat(20_000);
  const vector = await encoder.encode(text);
  await encoder.encode("something else in between");
  assert.deepEqual(await encoder.encode(text), vector);
  assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
});
