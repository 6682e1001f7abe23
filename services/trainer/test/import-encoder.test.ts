import assert from "node:assert/strict";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openEncoder } from "@ipr/encoders";
import { createGraph, floats } from "@ipr/onnx";
import { temporaryDirectory } from "@ipr/testing";
import { type EncoderImportOptions, importEncoder } from "../src/encoder-import/import-encoder.ts";
import { cosine } from "../src/checkpoint/cosine.ts";
import {
  type CheckpointChanges,
  shape,
  vocabulary,
  writeTinyCheckpoint,
} from "./fixtures/tiny-checkpoint.ts";

test("a checkpoint becomes an encoder of 8 bits that says how near it is to 32", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const stages = new Set<string>();
  const out = join(dir.path, "out");
  const report = await importEncoder({ from, out }, ({ stage }) => stages.add(stage));
  assert.match(report.id, /^checkpoint@sha256:/);
  assert.equal(report.dimension, shape.hidden);
  assert.equal(report.precision, "int8");
  assert.equal(report.maxTokens, 64, "no more than it has places for");
  assert.equal(report.golden, undefined);
  assert.ok(report.againstFp32!.minCosine >= 0.98 && report.againstFp32!.minCosine < 1);
  assert.deepEqual(
    report.speed.map(({ tokens }) => tokens),
    [16, 32, 64],
  );
  assert.ok(stages.has("check int8 encoder"));
  await using encoder = await openEncoder(out);
  assert.equal(encoder.id, report.id);
  const [hello, world] = [await encoder.encode("hello"), await encoder.encode("World")];
  assert.ok(Math.abs(Math.hypot(...hello) - 1) < 1e-5);
  assert.notDeepEqual(hello, world);
  assert.deepEqual(await readdir(dir.path), ["checkpoint", "out"], "nothing else is left behind");
});

test("the same checkpoint gives the same encoder", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const ids = [];
  for (const name of ["a", "b"]) ids.push((await importEncoder({ from, out: join(dir.path, name) })).id);
  assert.equal(ids[0], ids[1]);
});

test("prefix, pooling and length shape the vectors, as stated or as the files say", async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, "out");
  const vectorOf = async (
    text: string,
    options: Partial<EncoderImportOptions>,
    changes: CheckpointChanges = {},
  ) => {
    const from = await writeTinyCheckpoint(dir.path, changes);
    await importEncoder({ from, out, precision: "fp32", ...options });
    await using encoder = await openEncoder(out);
    return await encoder.encode(text);
  };
  const plain = await vectorOf("hello world", {});
  assert.deepEqual(await vectorOf("world", { prefix: "hello " }), plain);
  assert.deepEqual(await vectorOf("hello world . . .", { maxTokens: 4 }), plain);
  const byFile = { files: { "1_Pooling/config.json": { pooling_mode_cls_token: true } } };
  const first = await vectorOf("hello world", {}, byFile);
  assert.notDeepEqual(first, plain);
  assert.deepEqual(await vectorOf("hello world", { pooling: "cls" }), first);
  assert.deepEqual(await vectorOf("hello world", { pooling: "mean" }, byFile), plain);
  const short = { files: { "sentence_bert_config.json": { max_seq_length: 4 } } };
  assert.deepEqual(await vectorOf("hello world . . .", {}, short), plain);
});

test("an encoder that does not give its known vectors is refused, and what was there stays", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const out = join(dir.path, "out");
  const { id } = await importEncoder({ from, out, precision: "fp32" });
  const vector = await (async () => {
    await using encoder = await openEncoder(out);
    return Array.from(await encoder.encode("hello"));
  })();
  const golden = join(dir.path, "golden.jsonl");
  const write = (embedding: readonly number[]) =>
    writeFile(golden, JSON.stringify({ prompt: "hello", input_ids: [2, 5, 3], embedding }));

  await write(vector);
  const report = await importEncoder({ from, out, golden });
  assert.equal(report.golden?.encoder.vectors, 1);
  assert.ok(report.golden.fp32!.minCosine > 0.9999);
  await importEncoder({ from, out, precision: "fp32", golden });
  await write(vector.toReversed());
  await assert.rejects(
    importEncoder({ from, out, golden }),
    /the fp32 encoder gives another vector for "hello"/,
  );
  await using encoder = await openEncoder(out);
  assert.equal(encoder.id, id);
  assert.deepEqual(await readdir(dir.path), ["checkpoint", "golden.jsonl", "out"]);
});

test("weights that rounding harms are refused in 8 bits, unless forced, and import in 32", async () => {
  await using dir = await temporaryDirectory();
  // Weights a thousand times the others, of a channel that is always zero: at their scale the others round to nothing.
  const dead = 3;
  const from = await writeTinyCheckpoint(dir.path, {
    weights: (tensors) => {
      for (const [name, { data }] of tensors) {
        if (name.includes("LayerNorm")) data[dead] = 0;
        if (!/(?:query|key|value|intermediate\.dense)\.weight$/.test(name)) continue;
        for (let i = dead; i < data.length; i += shape.hidden) data[i] = 1000;
      }
    },
  });
  const out = join(dir.path, "out");
  await assert.rejects(
    importEncoder({ from, out }),
    /in 8 bits .* expected at least 0\.98; .*--precision fp32/,
  );
  assert.ok((await importEncoder({ from, out, force: true })).againstFp32!.minCosine < 0.98);
  assert.equal((await importEncoder({ from, out, precision: "fp32" })).againstFp32, undefined);
});

test("what cannot be imported is refused, naming the file and the field", async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, "out");
  const refused = async (
    wanted: RegExp,
    changes: CheckpointChanges,
    options: Partial<EncoderImportOptions> = {},
  ) => {
    const from = await writeTinyCheckpoint(dir.path, changes);
    await assert.rejects(importEncoder({ from, out, ...options }), wanted);
  };
  await refused(/config\.json is not of a BERT encoder: model_type/, { config: { model_type: "mpnet" } });
  await refused(/config\.json .*hidden_act/, { config: { hidden_act: "silu" } });
  await refused(/position_embedding_type/, { config: { position_embedding_type: "relative_key" } });
  await refused(/num_attention_heads 5, which must divide hidden_size 32/, {
    config: { num_attention_heads: 5 },
  });
  await refused(/word_embeddings\.weight of 16 x 32, but config\.json says 17 x 32/, {
    config: { vocab_size: 17 },
  });
  await refused(/model\.safetensors has no float tensor encoder\.layer\.2\./, {
    config: { num_hidden_layers: 3 },
  });
  await refused(/has places for 64 tokens/, {}, { maxTokens: 65 });
  await refused(/the reference "a b" must have/, {}, { reference: "a b" });
  await refused(/1_Pooling\/config\.json has pooling_mode_max_tokens set; .*--pooling/, {
    files: { "1_Pooling/config.json": { pooling_mode_max_tokens: true } },
  });
  const dense = [{ type: "sentence_transformers.models.Dense", path: "2_Dense" }];
  await writeFile(join(dir.path, "notes.txt"), "mine");
  await refused(/holds something other than an encoder/, {}, { out: dir.path });
  await refused(/modules\.json has a step of type sentence_transformers\.models\.Dense/, {
    files: { "modules.json": dense },
  });
  await assert.rejects(
    importEncoder({ from: join(dir.path, "nowhere"), out }),
    /nowhere cannot be read; a directory/,
  );
  assert.ok(!(await readdir(dir.path)).includes("out"));
});

test("a ready graph is used as it is, and tells by itself what it takes and gives", async () => {
  await using dir = await temporaryDirectory();
  const from = await writeTinyCheckpoint(dir.path);
  const out = join(dir.path, "out");
  for (const precision of ["int8", "fp32"] as const) {
    const made = join(dir.path, precision);
    const { id } = await importEncoder({ from, out: made, precision });
    const graph = join(made, "model.onnx");
    await assert.rejects(importEncoder({ from: graph, out }), /fails with 128 tokens .*smaller --max-tokens/);
    const report = await importEncoder({ from: graph, out, maxTokens: 64 });
    assert.equal(report.precision, precision, "an 8-bit graph's vectors depend on their batch mates");
    assert.equal(report.pooling, "inside");
    assert.notEqual(report.id, id);
    assert.deepEqual(await readFile(join(out, "model.onnx")), await readFile(join(made, "model.onnx")));
    await using ready = await openEncoder(out);
    await using original = await openEncoder(made);
    assert.ok(cosine(await ready.encode("hello world"), await original.encode("hello world")) > 0.999999);
  }
});

test("of a graph that gives token vectors the pooling must be known", async () => {
  await using dir = await temporaryDirectory();
  const checkpoint = await writeTinyCheckpoint(dir.path);
  const from = join(dir.path, "model.onnx");
  await copyFile(join(checkpoint, "tokenizer.json"), join(dir.path, "tokenizer.json"));
  await writeFile(from, tokenVectorGraph("attention_mask"));
  const out = join(dir.path, "out");
  await assert.rejects(importEncoder({ from, out }), /for each token; state --pooling/);
  await importEncoder({ from, out, pooling: "mean" });
  await using encoder = await openEncoder(out);
  const vector = await encoder.encode("hello");
  // The mean of the rows of [CLS], hello and [SEP] in a table that has 1 at the id of each.
  const expected = vocabulary.map((_, id) => ([2, 5, 3].includes(id) ? 1 : 0));
  assert.ok(cosine(vector, expected) > 0.99999);

  await writeFile(from, tokenVectorGraph("lengths"));
  await assert.rejects(
    importEncoder({ from, out, pooling: "mean" }),
    /has the inputs input_ids, lengths; needed are/,
  );
  await writeFile(from, "not a graph");
  await assert.rejects(importEncoder({ from, out }), /model\.onnx cannot be opened/);
});

/** A row of the unit matrix for each token, by a mask of floats. */
function tokenVectorGraph(maskName: string): Uint8Array {
  const size = vocabulary.length;
  const g = createGraph("tokens");
  const ids = g.input("input_ids", "int64", ["batch", "tokens"]);
  const mask = g.input(maskName, "float", ["batch", "tokens"]);
  const unit = floats(
    [size, size],
    Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
  );
  const rows = g.op("Gather", [g.constant(unit), ids], { axis: 0 });
  const weight = g.op("Unsqueeze", [
    mask,
    g.constant({ type: "int64", shape: [1], data: BigInt64Array.of(2n) }),
  ]);
  g.output("last_hidden_state", g.op("Mul", [rows, weight]), "float", ["batch", "tokens", size]);
  return g.bytes();
}
