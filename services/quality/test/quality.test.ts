import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { activeCalibrationKey, buckets, createEmbeddedBus, type EventBus } from "@ipr/events";
import { connect, serveGrpc } from "@ipr/grpc";
import { CalibrationSchema, QualityService } from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { waitFor } from "@ipr/testing";
import { createQuality } from "../src/index.ts";

const bundleDir = fileURLToPath(new URL("../../../deploy/default/bundle", import.meta.url));

async function startWorld() {
  const log: string[] = [];
  const logger = createLogger({
    service: "quality",
    level: "info",
    write: (line) => log.push(line),
    now: () => new Date(),
  });
  const bus = createEmbeddedBus();
  const quality = await createQuality({ bundleDir, bus, logger });
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: quality.registrations,
    isReady: () => true,
    onUnexpected: (error) => log.push(String(error)),
  });
  const channel = connect({ name: "quality", target: serving.address, timeoutMs: 30_000 });
  const client = channel.client(QualityService);
  const { encoder, candidates } = await client.getBundle({});
  const dimension = 256;
  const embedding = Array.from({ length: dimension }, (_, i) => Math.sin(i) / Math.sqrt(dimension / 2));
  return {
    log,
    bus,
    bundle: quality.bundle,
    client,
    encoder,
    candidates,
    predict: (more = {}) => client.predict({ text: "What is 2 + 2?", encoder, embedding, ...more }),
    async [Symbol.asyncDispose]() {
      channel.close();
      await serving.drain(0);
      await quality.close();
      await bus.close();
    },
  };
}

async function publish(
  bus: EventBus,
  bundle: string,
  calibration: { revision: string; bundle?: string; slope?: number; candidate: string },
) {
  const { revision, slope = 1, candidate } = calibration;
  const message = create(CalibrationSchema, {
    revision,
    bundle: calibration.bundle ?? bundle,
    maps: [{ candidate, slope, intercept: -2 }],
  });
  await bus
    .keyValue(buckets.calibration)
    .put(activeCalibrationKey(bundle), toBinary(CalibrationSchema, message));
}

test("every candidate of the bundle has an estimate in [0, 1] inside its interval", async () => {
  await using world = await startWorld();
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
  await using world = await startWorld();
  const [known = ""] = world.candidates;
  const { estimates } = await world.predict({ candidates: [known, "nobody"] });
  assert.deepEqual(
    estimates.map(({ candidate }) => candidate),
    [known],
  );
});

test("a published calibration is applied without a restart, to its candidate only", async () => {
  await using world = await startWorld();
  const before = await world.predict();
  const [candidate = ""] = world.candidates;
  await publish(world.bus, world.bundle, { revision: "r1", candidate });
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
  await using world = await startWorld();
  const [candidate = ""] = world.candidates;
  await publish(world.bus, world.bundle, { revision: "good", candidate });
  await publish(world.bus, world.bundle, { revision: "falling", slope: -1, candidate });
  await publish(world.bus, world.bundle, { revision: "foreign", bundle: "another", candidate });
  await waitFor(() => world.log.filter((line) => line.includes("calibration_refused")).length === 2, {
    what: "both to be refused",
  });
  assert.equal((await world.predict()).calibration, "good");
});

test("an embedding of another encoder, or of another length, is refused by name", async () => {
  await using world = await startWorld();
  await assert.rejects(world.predict({ encoder: "other@sha256:00" }), { reason: "WRONG_ENCODER" });
  await assert.rejects(world.predict({ embedding: [1, 2, 3] }), {
    reason: "INVALID_FIELD",
    message: /embedding.*256/,
  });
});

test("a bundle that is not there is named", async () => {
  const logger = createLogger({ service: "quality", level: "error", write: () => {}, now: () => new Date() });
  await using bus = createEmbeddedBus();
  await assert.rejects(
    createQuality({ bundleDir: "/nowhere", bus, logger }),
    /\/nowhere.*manifest\.json is missing/,
  );
});
