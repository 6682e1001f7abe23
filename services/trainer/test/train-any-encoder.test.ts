import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openEncoder } from "@ipr/encoders";
import { createPredictor, loadBundle } from "@ipr/estimator";
import { temporaryDirectory } from "@ipr/testing";
import { train } from "../src/index.ts";
import { writeTinyData } from "../src/train/tiny-world.ts";

const hyperparameters = { hidden: 16, maxEpochs: 20, learningRate: 5e-3, batchRows: 64 };
const minilm = fileURLToPath(new URL("../../../deploy/default/encoders/minilm", import.meta.url));

/** Trains on the tiny data with an encoder and says how well the bundle tells a hard prompt from an easy one. */
async function trainWith(encoderDir: string, dir: string, environment = {}) {
  const data = await writeTinyData(dir, 400);
  const out = join(dir, "bundle");
  await train({ data: [data], encoder: encoderDir, out, seed: 7, hyperparameters, environment });
  await using encoder = await openEncoder(encoderDir, { environment });
  const { manifest, ...estimator } = await loadBundle(out);
  const predictor = createPredictor(estimator);
  const weak = async (text: string) => {
    const embedding = await encoder.encode(text);
    return predictor.predict({ text, embedding, candidates: ["weak"] })[0]!.quality;
  };
  return {
    trainedWith: manifest.encoder.id,
    opened: encoder.id,
    easy: await weak("add numbers please"),
    hard: await weak("prove theorem please"),
  };
}

test("trains with an ONNX encoder", async () => {
  await using dir = await temporaryDirectory();
  const { trainedWith, opened, easy, hard } = await trainWith(minilm, dir.path);
  assert.equal(trainedWith, opened);
  assert.ok(easy > hard + 0.3, `${easy} ${hard}`);
});

test("trains with a remote encoder, several texts a request, with the key from the environment", async () => {
  await using dir = await temporaryDirectory();
  const sizes: number[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: string[] };
      sizes.push(input.length);
      const isKnown = incoming.headers.authorization === "Bearer secret";
      const vector = (text: string) => [text.includes("prove") ? 1 : -1, 0.5];
      outgoing.writeHead(isKnown ? 200 : 401);
      outgoing.end(
        JSON.stringify({ data: input.map((text, index) => ({ index, embedding: vector(text) })) }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const encoderDir = join(dir.path, "remote");
    await mkdir(encoderDir);
    const manifest = {
      formatVersion: 1,
      kind: "remote",
      reference: "remote",
      dimension: 2,
      maxTokens: 16,
      maxCharacters: 1024,
      protocol: "openai",
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      model: "m",
      prefix: "",
      timeoutMs: 30_000,
      maxBatch: 16,
      keyVariable: "THE_KEY",
      licence: "test",
      origin: "test",
    };
    await writeFile(join(encoderDir, "encoder.json"), JSON.stringify(manifest));
    const { trainedWith, opened, easy, hard } = await trainWith(encoderDir, dir.path, { THE_KEY: "secret" });
    assert.equal(trainedWith, opened);
    assert.ok(easy > hard + 0.3, `${easy} ${hard}`);
    assert.equal(Math.max(...sizes), 16);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
