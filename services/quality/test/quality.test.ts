import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmbeddedBus } from "@ipr/events";
import { createLogger } from "@ipr/service";
import { waitFor } from "@ipr/testing";
import { createQuality } from "../src/index.ts";
import { openBundleStore, openWorld, publishCalibration } from "./world.ts";

async function openOne() {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openBundleStore());
  const { manifest, candidates } = await store.write("a", { seed: 1 });
  await store.point("active", "a");
  const world = stack.use(await openWorld(store));
  const owned = stack.move();
  return {
    ...world,
    bundle: manifest.id,
    candidates: candidates.map(({ name }) => name),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("every candidate of the bundle has an estimate in [0, 1] inside its interval", async () => {
  await using world = await openOne();
  const { estimates, bundle, calibration } = await world.predict();
  assert.equal(bundle, world.bundle);
  assert.equal(calibration, "none");
  assert.deepEqual(
    estimates.map(({ candidate }) => candidate),
    world.candidates,
  );
  for (const { candidate, quality, qualityLow, qualityHigh } of estimates) {
    assert.ok(
      0 <= qualityLow && qualityLow <= quality && quality <= qualityHigh && qualityHigh <= 1,
      candidate,
    );
  }
});

test("candidates the bundle does not know are left out", async () => {
  await using world = await openOne();
  const [known = ""] = world.candidates;
  const { estimates } = await world.predict({ candidates: [known, "nobody"] });
  assert.deepEqual(
    estimates.map(({ candidate }) => candidate),
    [known],
  );
});

test("a published calibration is applied without a restart, to its candidate only", async () => {
  await using world = await openOne();
  const before = await world.predict();
  const [candidate = ""] = world.candidates;
  await publishCalibration(world.bus, world.bundle, { revision: "r1", candidate });
  const after = await waitFor(
    async () => {
      const response = await world.predict();
      return response.calibration === "r1" ? response : undefined;
    },
    { what: "the calibration to be live" },
  );
  const [first, ...others] = after.estimates;
  assert.ok((first?.quality ?? 1) < (before.estimates[0]?.quality ?? 0));
  assert.deepEqual(others, before.estimates.slice(1));
});

test("a calibration that is not increasing, or of another bundle, is refused and the last good one stays", async () => {
  await using world = await openOne();
  const [candidate = ""] = world.candidates;
  await publishCalibration(world.bus, world.bundle, { revision: "good", candidate });
  await publishCalibration(world.bus, world.bundle, { revision: "falling", slope: -1, candidate });
  await publishCalibration(world.bus, world.bundle, { revision: "foreign", bundle: "another", candidate });
  await waitFor(() => world.log.filter((line) => line.includes("calibration_refused")).length === 2, {
    what: "both to be refused",
  });
  assert.equal((await world.predict()).calibration, "good");
});

test("an embedding of another encoder, or of another length, is refused by name", async () => {
  await using world = await openOne();
  await assert.rejects(world.predict({ encoder: "other@sha256:00" }), {
    reason: "WRONG_ENCODER",
    metadata: { expected: world.encoder, actual: "other@sha256:00" },
  });
  await assert.rejects(world.predict({ embedding: [1, 2, 3] }), {
    reason: "INVALID_FIELD",
    message: /embedding.*must have 4/,
  });
});

test("a bundle that is not there is named, and nothing starts", async () => {
  const logger = createLogger({ service: "quality", level: "error", write: () => {}, now: () => new Date() });
  await using bus = createEmbeddedBus();
  await assert.rejects(
    createQuality({ bundleDir: "/nowhere", shadowShare: 0, bundlePollMs: 1_000, bus, logger }),
    /\/nowhere.*manifest\.json is missing/,
  );
});
