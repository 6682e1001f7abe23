import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openEncoder } from "@ipr/encoders";
import { loadBundle, writeBundle } from "@ipr/estimator";
import { createLogger } from "@ipr/service";
import { temporaryDirectory } from "@ipr/testing";
import { createStandalone, shipped, type StandaloneOptions } from "../src/index.ts";

/** Long enough for the busiest machine: no decision is degraded because it is slow. */
const generousMs = 30_000;
const dimension = 256;

/** A remote encoder that nothing answers for, with vectors as long as those of the shipped bundle's encoder. */
async function deadEncoder(dir: string): Promise<string> {
  const manifest = {
    formatVersion: 1,
    kind: "remote",
    reference: "gone",
    dimension,
    maxTokens: 128,
    maxCharacters: 4096,
    protocol: "openai",
    url: "http://127.0.0.1:1/v1",
    model: "gone",
    prefix: "",
    timeoutMs: generousMs,
    maxBatch: 1,
    licence: "test",
    origin: "test",
  };
  await writeFile(join(dir, "encoder.json"), JSON.stringify(manifest));
  return dir;
}

/** The shipped bundle, as if it had been trained with another encoder. */
async function bundleFor(encoder: string, to: string): Promise<string> {
  const { manifest, toleranceTable, ...bundle } = await loadBundle(shipped.bundleDir);
  const { createdAt, data, metrics, training } = manifest;
  const rest = { createdAt, data, metrics, training, toleranceTable: toleranceTable ?? ("none" as const) };
  await writeBundle(to, { ...bundle, ...rest, encoder });
  return to;
}

function start(options: Pick<StandaloneOptions, "bundleDir" | "encoderDir"> & Partial<StandaloneOptions>) {
  return createStandalone({
    registryFile: shipped.registryFile,
    stateDir: undefined,
    estimateTimeoutMs: generousMs,
    environment: {},
    logger: createLogger({ service: "standalone", level: "error", write: () => {}, now: () => new Date() }),
    isAccepting: () => true,
    ...options,
  });
}

test("while its encoder is gone, the stand-in and its bundle decide, and no decision is degraded", async () => {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const encoderDir = await deadEncoder(directory.path);
  await using encoder = await openEncoder(encoderDir);
  const bundleDir = await bundleFor(encoder.id, join(directory.path, "bundle"));
  const standalone = await start({
    bundleDir,
    encoderDir,
    standInEncoderDir: "static",
    standInBundleDir: shipped.bundleDir,
    standInAfterMs: generousMs,
  });
  stack.defer(() => standalone.close());
  const decision = await standalone.router.route({ input: { case: "prompt", value: "What is 17 * 23?" } });
  const standIn = await loadBundle(shipped.bundleDir);
  assert.equal(decision.degraded, false, decision.degradedReason);
  assert.equal(decision.bundle, standIn.manifest.id);
  assert.notEqual(standalone.facts.bundle, standIn.manifest.id);
});

test("a bundle and an encoder that do not fit are refused at the start, with both ids", async () => {
  await using minilm = await openEncoder(shipped.encoders.minilm);
  await using fast = await openEncoder(shipped.encoders.static);
  const bundleDir = shipped.bundleDir;
  await assert.rejects(start({ bundleDir, encoderDir: "minilm" }), {
    reason: "WRONG_ENCODER",
    metadata: { expected: fast.id, actual: minilm.id },
  });
});

test("a shipped encoder is found by its name, and held to the digest that is asked for", async () => {
  const { bundleDir } = shipped;
  await using fast = await openEncoder(shipped.encoders.static);
  const digest = fast.id.slice(fast.id.indexOf("@"));
  const standalone = await start({ bundleDir, encoderDir: `static${digest}` });
  await standalone.close();
  const other = `static@sha256:${"0".repeat(64)}`;
  await assert.rejects(start({ bundleDir, encoderDir: other }), { reason: "WRONG_ENCODER" });
});
