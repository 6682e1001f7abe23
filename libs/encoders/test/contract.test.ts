import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeInOrder, openEncoder } from "../src/index.ts";
import { fakeOpenAi, fakeTei } from "./fake-servers.ts";
import { onnxEncoder, remoteEncoder, staticEncoder, temporaryDirectory, tokenizerBytes } from "./worlds.ts";

/** What every kind must do. Each opens its own world in the given stack and directory and gives the reference. */
const kinds: Record<string, (stack: AsyncDisposableStack, dir: string) => Promise<string>> = {
  static: (_, dir) => staticEncoder(dir),
  "onnx fp32": (_, dir) => onnxEncoder(dir),
  "onnx int8": (_, dir) => onnxEncoder(dir, { precision: "int8" }),
  "onnx with a Hugging Face tokenizer": (_, dir) =>
    onnxEncoder(dir, {
      tokenizer: "huggingface",
      tokenizerFile: tokenizerBytes({
        version: "1.0",
        truncation: { max_length: 3, strategy: "LongestFirst", stride: 0, direction: "Right" },
        padding: {
          strategy: { Fixed: 6 },
          direction: "Right",
          pad_id: 0,
          pad_type_id: 0,
          pad_token: "[PAD]",
        },
        added_tokens: [],
        decoder: null,
        post_processor: {
          type: "BertProcessing",
          cls: ["[CLS]", 2],
          sep: ["[SEP]", 3],
        },
      }),
    }),
  openai: async (stack, dir) =>
    remoteEncoder(dir, { protocol: "openai", url: stack.use(await fakeOpenAi()).url }),
  "tei-grpc": async (stack, dir) =>
    remoteEncoder(dir, { protocol: "tei-grpc", url: stack.use(await fakeTei()).url }),
};

for (const [kind, create] of Object.entries(kinds)) {
  const open = async (stack: AsyncDisposableStack) => {
    const { path } = stack.use(await temporaryDirectory());
    return { path, encoder: stack.use(await openEncoder(await create(stack, path))) };
  };

  test(`${kind}: a text has one unit vector, whatever is encoded beside it`, async () => {
    await using stack = new AsyncDisposableStack();
    const { encoder } = await open(stack);
    const alone = await encoder.encode("red fish");
    const texts = ["blue", "red fish", "green a red blue fishes", "red fish"];
    const together = await Promise.all(texts.map((text) => encoder.encode(text)));
    assert.equal(alone.length, encoder.dimension);
    assert.ok(Math.abs(Math.hypot(...alone) - 1) < 1e-5);
    for (const vector of [together[1]!, together[3]!]) {
      for (const [i, value] of vector.entries()) assert.ok(Math.abs(value - alone[i]!) < 1e-5);
    }
    assert.notDeepEqual(together[0], alone);
  });

  test(`${kind}: the vectors of many texts come in their order`, async () => {
    await using stack = new AsyncDisposableStack();
    const { encoder } = await open(stack);
    const texts = Array.from({ length: 40 }, (_, n) => ["red", "green fish", "blue a"][n % 3]!);
    const vectors = await Array.fromAsync(encodeInOrder(encoder, texts));
    assert.equal(vectors.length, texts.length);
    for (const [n, vector] of vectors.entries()) {
      for (const [i, value] of vector.entries()) assert.ok(Math.abs(value - vectors[n % 3]![i]!) < 1e-5);
    }
  });

  test(`${kind}: a longer text is cut in characters before anything else`, async () => {
    await using stack = new AsyncDisposableStack();
    const { encoder } = await open(stack);
    const long = "red ".repeat(1_000);
    // 48 characters of the head, a line break, 15 of the tail: what 64 leave.
    const cut = `${long.slice(0, 48)}\n${long.slice(-15)}`;
    assert.deepEqual(await encoder.encode(long), await encoder.encode(cut));
  });

  test(`${kind}: a caller who has left gets the reason and no vector`, async () => {
    await using stack = new AsyncDisposableStack();
    const { encoder } = await open(stack);
    const reason = new Error("left");
    await assert.rejects(encoder.encode("red", { signal: AbortSignal.abort(reason) }), reason);
  });

  test(`${kind}: is opened by its digest, and refused with both when it has another`, async () => {
    await using stack = new AsyncDisposableStack();
    const { path, encoder } = await open(stack);
    const digest = encoder.id.slice(encoder.id.indexOf("@"));
    await using again = await openEncoder(path + digest);
    assert.equal(again.id, encoder.id);
    const other = `sha256:${"0".repeat(64)}`;
    await assert.rejects(openEncoder(`${path}@${other}`), {
      reason: "WRONG_ENCODER",
      metadata: { expected: other, actual: encoder.id },
    });
  });
}
