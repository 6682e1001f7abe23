import { symlink, rename } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { type Bundle, writeBundle } from "@ipr/estimator";
import { smallBundle, smallDimension } from "@ipr/estimator/small-bundle";
import { activeCalibrationKey, buckets, createEmbeddedBus, type EventBus } from "@ipr/events";
import { connect, serveGrpc } from "@ipr/grpc";
import { CalibrationSchema, QualityService } from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { seededRandom, temporaryDirectory } from "@ipr/testing";
import { createQuality } from "../src/index.ts";

/** Never due in a test: what tests want seen, they ask to be looked at, or say so. */
const neverMs = 1_000_000_000;

export interface WorldOptions {
  readonly standIn?: string;
  readonly shadow?: string;
  readonly pollMs?: number;
}

export interface BundleOptions {
  readonly seed: number;
  readonly encoder?: string;
}

/** Bundles on disk, and links `active`, `standIn` and `shadow` for the service to follow. */
export async function openBundleStore() {
  const directory = await temporaryDirectory();
  const pathOf = (name: string) => join(directory.path, name);
  return {
    pathOf,
    write: (name: string, { seed, encoder }: BundleOptions): Promise<Bundle> =>
      writeBundle(pathOf(name), { ...smallBundle(seededRandom(seed)), ...(encoder && { encoder }) }),
    /** Moves a link to another bundle in one step, as Kubernetes does. */
    async point(link: string, to: string): Promise<void> {
      const fresh = pathOf(`${link}.new`);
      await symlink(to, fresh);
      await rename(fresh, pathOf(link));
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

export type BundleStore = Awaited<ReturnType<typeof openBundleStore>>;

/** The quality service whole, over real gRPC, following the link `active`. */
export async function openWorld(store: BundleStore, options: WorldOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const log: string[] = [];
  const logger = createLogger({
    service: "quality",
    level: "info",
    write: (line) => log.push(line),
    now: () => new Date(),
  });
  const bus = stack.use(createEmbeddedBus());
  const quality = await createQuality({
    bundleDir: store.pathOf("active"),
    ...(options.standIn && { standInBundleDir: store.pathOf(options.standIn) }),
    ...(options.shadow && { shadowBundleDir: store.pathOf(options.shadow) }),
    shadowShare: 1,
    bundlePollMs: options.pollMs ?? neverMs,
    bus,
    logger,
  });
  stack.defer(() => quality.close());
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: quality.registrations,
    isReady: () => true,
    onUnexpected: (error) => log.push(String(error)),
  });
  stack.defer(() => serving.drain(0));
  const channel = connect({ name: "quality", target: serving.address, timeoutMs: 30_000 });
  stack.defer(() => channel.close());
  const client = channel.client(QualityService);
  const { encoder } = await client.getBundle({});
  const owned = stack.move();
  return {
    log,
    bus,
    client,
    encoder,
    predict: (more: Parameters<typeof client.predict>[0] = {}) =>
      client.predict({ text: "What is 2 + 2?", encoder, embedding, ...more }),
    slots: async () => (await client.listBundles({})).slots,
    reload: async () => (await client.reloadBundles({})).slots,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export const embedding = Array.from({ length: smallDimension }, (_, i) => Math.fround(Math.sin(i + 1)));

export async function publishCalibration(
  bus: EventBus,
  bundle: string,
  calibration: { revision: string; bundle?: string; slope?: number; candidate: string },
): Promise<void> {
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
