import { setTimeout as delay } from "node:timers/promises";
import { IprError, status } from "@ipr/errors";
import { type BundleRole, BundleSlot, nothingBefore } from "./bundle-slot.ts";
import type { BundleSource, FoundBundle } from "./bundle-source.ts";
import { type BundleOpener, type LoadedBundle, openBundle } from "./loaded-bundle.ts";

/** How long a bundle that is to become current waits for its calibration; past it, it starts with its own estimates. */
const calibrationTimeoutMs = 2_000;

export interface BundleSources {
  readonly active: BundleSource;
  readonly standIn?: BundleSource;
  readonly shadow?: BundleSource;
}

export interface BundlesOptions extends BundleOpener {
  readonly sources: BundleSources;
  /** Pause between two looks at the sources. */
  readonly pollMs: number;
}

/** The bundles of every role. Whatever is read of it is the state of one moment; changes are made one at a time. */
export interface Bundles {
  readonly slots: readonly BundleSlot[];
  active(): LoadedBundle;
  /** The bundle that answers embeddings of the encoder. */
  serving(encoder: string): LoadedBundle | undefined;
  /** The encoders whose embeddings are answered. */
  encoders(): readonly string[];
  /** A loaded bundle, whatever its role. */
  named(id: string): LoadedBundle | undefined;
  /** Of every loaded bundle. */
  ids(): readonly string[];
  /** Looks at every source now, and also tries again what was refused. */
  reload(): Promise<void>;
  rollBack(role: BundleRole): Promise<BundleSlot>;
  close(): Promise<void>;
}

/**
 * Loads the bundle of every source and goes on following the sources.
 *
 * @throws IprError when the active bundle or the stand-in cannot be loaded. A shadow is refused instead: it must never
 *   keep the others from serving.
 */
export async function openBundles({ sources, pollMs, bus, events }: BundlesOptions): Promise<Bundles> {
  const active = new BundleSlot("active", sources.active);
  const slots = [active];
  if (sources.standIn) slots.push(new BundleSlot("stand_in", sources.standIn));
  if (sources.shadow) slots.push(new BundleSlot("shadow", sources.shadow));

  /** Every open bundle: also one that is about to be taken, and those that a slot has just let go. */
  const open = new Set<LoadedBundle>();
  const closeUnheld = async () => {
    const held = new Set(loaded(slots));
    const unheld = [...open].filter((bundle) => !held.has(bundle));
    for (const bundle of unheld) open.delete(bundle);
    await Promise.all(unheld.map((bundle) => bundle.close()));
  };
  const openOnce = async (found: FoundBundle): Promise<LoadedBundle> => {
    const known = [...open].find((bundle) => bundle.found.fingerprint === found.fingerprint);
    if (known !== undefined) return known;
    const bundle = await openBundle(found, { bus, events });
    open.add(bundle);
    return bundle;
  };

  const load = async (slot: BundleSlot, found: FoundBundle): Promise<void> => {
    const bundle = await openOnce(found);
    if ((await slot.source.find()).fingerprint !== found.fingerprint) throw changedMeanwhile(found);
    refuseToStrand(slots, slot, bundle);
    await waitForCalibration(bundle);
    const replaced = slot.current;
    slot.accept(bundle);
    if (bundle !== replaced) events.bundleTaken({ role: slot.role, bundle, replaced });
  };
  const check = async (slot: BundleSlot, nowMs: number): Promise<void> => {
    const found = await slot.source.find();
    if (!slot.isDue(found, nowMs)) return;
    try {
      await load(slot, found);
    } catch (error) {
      const isNew = slot.refuse(found, error, performance.now());
      if (isNew) events.bundleRefused({ role: slot.role, path: found.path, error });
    }
    await closeUnheld();
  };
  const checkAll = async (nowMs: number): Promise<void> => {
    for (const slot of slots) await check(slot, nowMs);
  };

  let changing: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(change: () => Promise<T>): Promise<T> => {
    const done = changing.then(change);
    changing = done.catch(() => undefined);
    return done;
  };

  const closeAll = () => Promise.all(Array.from(open, (bundle) => bundle.close()));
  try {
    for (const slot of slots) {
      if (slot.role === "shadow") await check(slot, 0);
      else await load(slot, await slot.source.find());
    }
  } catch (error) {
    await closeAll();
    throw error;
  }

  const stop = new AbortController();
  const polling = (async () => {
    while (!stop.signal.aborted) {
      await delay(pollMs, undefined, { ref: false, signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      await oneAtATime(() => checkAll(performance.now())).catch((error) => events.checkFailed(error));
    }
  })();

  return {
    slots,
    active: () => active.current!,
    serving: (encoder) => answering(slots).find((bundle) => bundle.encoder.id === encoder),
    encoders: () => [...new Set(answering(slots).map(({ encoder }) => encoder.id))],
    named: (id) => loaded(slots).find((bundle) => bundle.id === id),
    ids: () => [...new Set(loaded(slots).map(({ id }) => id))],
    reload: () => oneAtATime(() => checkAll(Number.POSITIVE_INFINITY)),
    rollBack: (role) =>
      oneAtATime(async () => {
        const slot = slots.find((other) => other.role === role);
        if (slot === undefined) throw nothingBefore(role);
        const { current: replaced, previous } = slot;
        if (previous) refuseToStrand(slots, slot, previous);
        slot.rollBack();
        events.bundleTaken({ role, bundle: slot.current!, replaced });
        return slot;
      }),
    async close() {
      stop.abort();
      await polling;
      await changing;
      await closeAll();
    },
  };
}

async function waitForCalibration({ calibrated }: LoadedBundle): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([calibrated, delay(calibrationTimeoutMs, undefined, timeout)]);
  timeout.abort();
}

/** The bundles that answer, the active one first. */
function answering(slots: readonly BundleSlot[]): LoadedBundle[] {
  return slots.flatMap(({ role, current }) => (role === "shadow" || current === undefined ? [] : [current]));
}

function loaded(slots: readonly BundleSlot[]): LoadedBundle[] {
  return slots
    .flatMap(({ current, previous }) => [current, previous])
    .filter((bundle) => bundle !== undefined);
}

/**
 * Refuses a bundle after which embeddings that are answered now would have no bundle, or a shadow that could be compared
 * with none.
 */
function refuseToStrand(slots: readonly BundleSlot[], slot: BundleSlot, next: LoadedBundle): void {
  const others = answering(slots.filter((other) => other !== slot));
  const served = new Set(others.map(({ encoder }) => encoder.id));
  const actual = next.encoder.id;
  if (slot.role === "shadow") {
    if (served.has(actual)) return;
    const expected = [...served].join(",");
    throw wrongEncoder(
      { expected, actual },
      `the shadow ${next.id} was trained with ${actual}, which no bundle that answers was (${expected}), so there is nothing to compare it with`,
    );
  }
  const expected = slot.current?.encoder.id;
  if (expected === undefined || expected === actual || served.has(expected)) return;
  throw wrongEncoder(
    { expected, actual },
    `bundle ${next.id} was trained with ${actual}; after it nothing would answer embeddings of ${expected}, which ${slot.current?.id} answers. Keep a bundle of that encoder in the other role while encoders change, or start the service with the new one`,
  );
}

function wrongEncoder(metadata: { expected: string; actual: string }, message: string): IprError {
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, { metadata });
}

function changedMeanwhile({ path }: FoundBundle): IprError {
  return new IprError(
    status.FAILED_PRECONDITION,
    "BAD_BUNDLE",
    `bundle ${path}: manifest.json changed while the bundle was read`,
    { metadata: { bundle: path, file: "manifest.json" } },
  );
}
