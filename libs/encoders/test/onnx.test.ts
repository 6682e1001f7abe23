import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { OnnxEncoderManifest } from "@ipr/estimator";
import { readEncoderManifest } from "@ipr/estimator";
import { waitFor } from "@ipr/testing";
import { openEncoder, type OpenOptions } from "../src/index.ts";
import { openOnnxEncoder } from "../src/onnx/onnx-encoder.ts";
import { maxRestarts } from "../src/onnx/worker-lane.ts";
import { onnxEncoder, type OnnxOverrides, temporaryDirectory, tokenizerBytes } from "./worlds.ts";

async function world(overrides: OnnxOverrides = {}) {
  const directory = await temporaryDirectory();
  await onnxEncoder(directory.path, overrides);
  return {
    dir: directory.path,
    manifest: (await readEncoderManifest(directory.path)) as OnnxEncoderManifest,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const crashingWorker = new URL("./crashing-worker.ts", import.meta.url);

test("a worker that crashes fails its call clearly and is there again for the next", async () => {
  await using encoders = await world();
  const crashes: number[] = [];
  const observer = {
    workerCrashed: ({ restartsLeft }: { restartsLeft: number }) => crashes.push(restartsLeft),
  };
  await using encoder = await openOnnxEncoder(encoders.dir, encoders.manifest, { observer }, crashingWorker);
  await encoder.encode("red");
  await assert.rejects(encoder.encode("crash"), {
    reason: "NEIGHBOUR_DOWN",
    message: /worker thread ended: exit code 7/,
  });
  assert.equal((await encoder.encode("red")).length, encoder.dimension);
  assert.deepEqual(crashes, [maxRestarts]);
  assert.equal(encoder.isBroken(), false);
});

test("a worker that crashes again and again is given up, and every call hears of it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await using encoders = await world();
  let crashes = 0;
  const observer = { workerCrashed: () => void (crashes += 1) };
  await using encoder = await openOnnxEncoder(encoders.dir, encoders.manifest, { observer }, crashingWorker);
  while (!encoder.isBroken()) {
    const before = crashes;
    const call = encoder.encode("crash");
    t.mock.timers.runAll();
    await assert.rejects(call);
    assert.equal(crashes, before + 1);
    t.mock.timers.runAll();
  }
  assert.equal(crashes, maxRestarts + 1);
  await assert.rejects(encoder.encode("red"), /ended too often and are not started again/);
});

test("fp32 batches, int8 on a CPU never does", async () => {
  for (const [precision, largest] of [
    ["fp32", 4],
    ["int8", 1],
  ] as const) {
    await using encoders = await world({ precision });
    const sizes: number[] = [];
    const observer: OpenOptions["observer"] = { batchEncoded: ({ texts }) => sizes.push(texts) };
    await using encoder = await openEncoder(encoders.dir, { maxBatch: 4, observer });
    await Promise.all(Array.from({ length: 9 }, () => encoder.encode("red fish")));
    assert.equal(Math.max(...sizes), largest, precision);
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      9,
    );
  }
});

test("several workers share the texts", async () => {
  await using encoders = await world();
  await using encoder = await openEncoder(encoders.dir, { workers: 2, maxBatch: 1 });
  assert.equal(encoder.parallelism, 2);
  const alone = await encoder.encode("red fish");
  const vectors = await Promise.all(Array.from({ length: 20 }, () => encoder.encode("red fish")));
  for (const vector of vectors) assert.deepEqual(vector, alone);
});

test("a text with more tokens than are read keeps [CLS] and [SEP]", async () => {
  await using encoders = await world({ maxTokens: 4 });
  await using encoder = await openEncoder(encoders.dir);
  assert.deepEqual(await encoder.encode("red green blue fish"), await encoder.encode("red green"));
  assert.notDeepEqual(await encoder.encode("red green"), await encoder.encode("red"));
});

test("both tokenizers give the same vectors, whatever truncation and padding the file asks for", async () => {
  const file = tokenizerBytes({
    version: "1.0",
    truncation: { max_length: 3, strategy: "LongestFirst", stride: 0, direction: "Right" },
    padding: null,
    added_tokens: [],
    decoder: null,
    post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
  });
  await using ours = await world();
  await using theirs = await world({ tokenizer: "huggingface", tokenizerFile: file });
  await using one = await openEncoder(ours.dir);
  await using other = await openEncoder(theirs.dir);
  for (const text of ["red", "a green fishes blue", "red blue red blue red blue red blue"]) {
    assert.deepEqual(await other.encode(text), await one.encode(text));
  }
  assert.notEqual(one.id, other.id);
});

test("the prefix is put before every text, and is a part of what the encoder is", async () => {
  await using plain = await world();
  await using prefixed = await world({ prefix: "red " });
  await using one = await openEncoder(plain.dir);
  await using other = await openEncoder(prefixed.dir);
  assert.deepEqual(await other.encode("fish"), await one.encode("red fish"));
  assert.notEqual(one.id, other.id);
});

for (const provider of ["cuda", "tensorrt"] as const) {
  test(`${provider} is refused where its libraries are not, and nothing falls back to the CPU`, async () => {
    await using encoders = await world();
    await assert.rejects(openEncoder(encoders.dir, { provider }), {
      reason: "BAD_CONFIG",
      message: new RegExp(
        `execution provider ${provider} does not run here: .*Failed to load shared library`,
      ),
    });
  });
}

const graph = { ids: "input_ids", mask: "attention_mask", output: "sentence_embedding" };
const wrongManifests: readonly [string, OnnxOverrides, RegExp][] = [
  [
    "an input",
    { graph: { ...graph, ids: "tokens", maskType: "int64", pooling: "inside" } },
    /has no input tokens/,
  ],
  [
    "an output",
    { graph: { ...graph, output: "v", maskType: "int64", pooling: "inside" } },
    /has no output v/,
  ],
  [
    "its pooling",
    { graph: { ...graph, maskType: "int64", pooling: "mean" } },
    /gives sentence_embedding as \[1, 8\]/,
  ],
  ["its dimension", { dimension: 9 }, /but encoder\.json wants \[1, 9\]/],
  ["a graph", { model: Buffer.from("not a graph") }, /model\.onnx cannot be run: /],
  ["a token it needs", { tokenizerFile: Buffer.from("{}") }, /tokenizer\.json is not of a kind/],
];
for (const [what, overrides, problem] of wrongManifests) {
  test(`an encoder that is wrong about ${what} is refused before anybody waits for it`, async () => {
    await using encoders = await world(overrides);
    await assert.rejects(openEncoder(encoders.dir), problem);
  });
}

test("a closed encoder fails what waits", async () => {
  await using encoders = await world();
  const encoder = await openEncoder(encoders.dir, { maxBatch: 1 });
  const calls = Promise.allSettled(Array.from({ length: 50 }, () => encoder.encode("red")));
  await encoder[Symbol.asyncDispose]();
  const outcomes = await calls;
  assert.ok(outcomes.some(({ status }) => status === "rejected"));
  await waitFor(() => encoder.queueDepth() === 0, { what: "an empty queue" });
});

test("closing in the middle of an encoding lets it end: the process lives on", async () => {
  // A graph that takes milliseconds: a thread that is terminated inside it takes the process with it.
  const shipped = fileURLToPath(new URL("../../../deploy/default/encoders/minilm", import.meta.url));
  for (let round = 0; round < 8; round++) {
    const encoder = await openEncoder(shipped);
    const first = encoder.encode("red ".repeat(20));
    const calls = Promise.allSettled([first, ...Array.from({ length: 20 }, () => encoder.encode("green"))]);
    await encoder[Symbol.asyncDispose]();
    const [begun] = await calls;
    assert.equal(begun?.status, "fulfilled");
  }
});
