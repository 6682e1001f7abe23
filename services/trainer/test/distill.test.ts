import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { distill } from "../src/index.ts";
import { shape, writeTinyCheckpoint } from "./fixtures/tiny-checkpoint.ts";

test("a checkpoint becomes an encoder that knows its words", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const stages = new Set<string>();
  const out = join(dir.path, "out");
  const encoder = await distill({ from, out, dimension: 4 }, ({ stage }) => stages.add(stage));
  assert.equal(encoder.dimension, 4);
  assert.match(encoder.id, /^static-checkpoint-4@sha256:/);
  const [hello, world] = [await encoder.encode("hello"), await encoder.encode("World")];
  assert.ok(Math.abs(Math.hypot(...hello) - 1) < 1e-6);
  assert.notDeepEqual(hello, world);
  assert.deepEqual(
    await encoder.encode("[unused0]"),
    new Float32Array(4),
    "places nobody uses have no vector",
  );
  assert.deepEqual([...stages], ["encode vocabulary", "principal components"]);
});

test("the same checkpoint gives the same encoder", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const [first, second] = [
    await distill({ from, out: join(dir.path, "a"), dimension: 4 }),
    await distill({ from, out: join(dir.path, "b"), dimension: 4 }),
  ];
  assert.equal(first.id, second.id);
});

test("a checkpoint that does not give its known vectors is refused", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const golden = join(dir.path, "golden.jsonl");
  await writeFile(
    golden,
    JSON.stringify({
      prompt: "hello",
      input_ids: [2, 5, 3],
      embedding: [1, ...Array(shape.hidden - 1).fill(0)],
    }),
  );
  await assert.rejects(
    distill({ from, out: join(dir.path, "a"), dimension: 4, golden }),
    /another vector for "hello"/,
  );
  await writeFile(golden, '{"prompt": "hello"}');
  await assert.rejects(
    distill({ from, out: join(dir.path, "a"), dimension: 4, golden }),
    /golden\.jsonl:1 is not a golden/,
  );
});

test("what is not a BERT checkpoint is refused, naming the file", async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, "out");
  await assert.rejects(distill({ from: dir.path, out }), /config\.json cannot be read/);
  const from = await writeTinyCheckpoint(dir.path);
  await assert.rejects(distill({ from, out, dimension: 33 }), /dimension is 33, but must be at most 32/);
  await writeFile(join(from, "model.safetensors"), "not weights");
  await assert.rejects(distill({ from, out }), /model\.safetensors is not a safetensors file/);
  await writeFile(join(from, "config.json"), JSON.stringify({ model_type: "gpt2" }));
  await assert.rejects(distill({ from, out }), /config\.json is not of a BERT encoder: model_type/);
  await writeFile(join(from, "config.json"), "{");
  await assert.rejects(distill({ from, out }), /config\.json is not a JSON object/);
});
