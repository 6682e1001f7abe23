import assert from "node:assert/strict";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { loadBundle, writeBundle } from "@ipr/estimator";
import { connect } from "@ipr/grpc";
import { QualityService } from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { temporaryDirectory, waitFor } from "@ipr/testing";
import { createStandalone, shipped } from "../src/index.ts";

/** Long enough for the busiest machine: no decision is degraded because it is slow. */
const generousMs = 30_000;

/** The shipped bundle under another id. */
async function copyBundle(to: string): Promise<string> {
  const { manifest, toleranceTable, ...bundle } = await loadBundle(shipped.bundleDir);
  const copy = await writeBundle(to, {
    ...bundle,
    toleranceTable: toleranceTable ?? "none",
    encoder: manifest.encoder.id,
    createdAt: manifest.createdAt,
    data: manifest.data,
    metrics: manifest.metrics,
    training: { ...manifest.training, copied: true },
  });
  return copy.manifest.id;
}

async function point(link: string, to: string): Promise<void> {
  await symlink(to, `${link}.new`);
  await rename(`${link}.new`, link);
}

test("the whole router in one process takes a new bundle while it decides, and no decision is lost or degraded", async () => {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const link = join(directory.path, "current");
  const copy = await copyBundle(join(directory.path, "copy"));
  await point(link, shipped.bundleDir);
  const standalone = await createStandalone({
    bundleDir: link,
    shadowBundleDir: join(directory.path, "copy"),
    encoderDir: shipped.encoderDir,
    registryFile: shipped.registryFile,
    stateDir: undefined,
    estimateTimeoutMs: generousMs,
    environment: {},
    logger: createLogger({ service: "standalone", level: "error", write: () => {}, now: () => new Date() }),
    isAccepting: () => true,
  });
  stack.defer(() => standalone.close());
  assert.equal(standalone.facts.shadowBundle, copy);
  const { http, grpc } = await standalone.serve({ http: "127.0.0.1:0", grpc: "127.0.0.1:0" });
  stack.defer(async () => void (await Promise.all([http.drain(0), grpc.drain(0)])));
  const channel = connect({ name: "ipr", target: grpc.address, timeoutMs: generousMs });
  stack.defer(() => channel.close());
  const quality = channel.client(QualityService);

  const bundles: string[] = [];
  const stopped = new AbortController();
  const decideForever = async () => {
    while (!stopped.signal.aborted) {
      const decision = await standalone.router.route({ input: { case: "prompt", value: "What is 2 + 2?" } });
      assert.equal(decision.degraded, false, decision.degradedReason);
      bundles.push(decision.bundle);
      // In one process a decision never waits; the rest of the test has to come in between.
      await setImmediate();
    }
  };
  const callers = Array.from({ length: 4 }, decideForever);
  await waitFor(() => bundles.length >= 20, { what: "decisions by the first bundle" });
  await point(link, join(directory.path, "copy"));
  const { slots } = await quality.reloadBundles({});
  assert.equal(slots[0]?.current?.bundle, copy);
  const swappedAt = bundles.length;
  await waitFor(() => bundles.length >= swappedAt + 20, { what: "decisions by the second" });
  stopped.abort();
  await Promise.all(callers);
  assert.deepEqual([...new Set(bundles)], [standalone.facts.bundle, copy]);
});
