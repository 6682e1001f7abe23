import { setImmediate } from "node:timers/promises";
import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IprError, status } from "@ipr/errors";
import { type Calibration, type CalibrationMap, CalibrationMapSchema, CalibrationSchema } from "@ipr/proto";
import type { CalibrationStore } from "./adapters/calibration-store.ts";
import type { Ledger, Lesson } from "./adapters/ledger.ts";
import { fitCalibration } from "./domain/fit-calibration.ts";
import { noRevision, revisionBefore, revisionOf, sequenceOf } from "./domain/revision.ts";
import type { RecalibrationEvents } from "./events.ts";

/** Bundles whose fits are remembered, as many as the ledger keeps; what is forgotten is fitted again. */
const maxFittedBundles = 16;

/** Turns what was learned into published calibrations, and obeys the operator. */
export interface CalibrationPublisher {
  /** Publishes a new calibration of the bundle soon; many lessons make one calibration. */
  learned(lessons: readonly Lesson[]): void;
  pin(bundle: string, revision: string): Promise<Calibration>;
  unpin(bundle: string): Promise<Calibration>;
  rollBack(bundle: string): Promise<Calibration>;
  /** Publishes what waits, then stops. */
  close(): Promise<void>;
}

export interface PublisherOptions {
  readonly ledger: Ledger;
  readonly store: CalibrationStore;
  readonly events: RecalibrationEvents;
  readonly publishIntervalMs: number;
  readonly now: () => number;
}

export function createPublisher(options: PublisherOptions): CalibrationPublisher {
  const { ledger, store, events, publishIntervalMs, now } = options;
  /** Bundles with lessons that are not published, and the fits that no lesson has outdated. */
  const pending = new Set<string>();
  const fits = new Map<string, Map<string, CalibrationMap>>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Everything that writes calibrations takes its turn here. */
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  const mapsOf = async (bundle: string): Promise<CalibrationMap[]> => {
    const [oldest] = fits.keys();
    if (!fits.has(bundle) && fits.size >= maxFittedBundles && oldest !== undefined) fits.delete(oldest);
    const known = fits.get(bundle) ?? new Map<string, CalibrationMap>();
    fits.set(bundle, known);
    const maps: CalibrationMap[] = [];
    for (const candidate of ledger.candidatesOf(bundle)) {
      let map = known.get(candidate);
      if (!map) {
        // A fit takes milliseconds: where routing shares the process, its requests go in between.
        await setImmediate();
        map = toMap(candidate, fitCalibration(ledger.pairsOf({ bundle, candidate })));
        known.set(candidate, map);
      }
      maps.push(map);
    }
    return maps;
  };
  const publish = async (bundle: string): Promise<void> => {
    const active = await store.active(bundle);
    if (active?.calibration.pinned) return;
    const maps = await mapsOf(bundle);
    if (maps.length === 0 || (active && hasMaps(active.calibration, maps))) return;
    const parent = active?.calibration.revision ?? noRevision;
    const newest = (await store.history(bundle))[0] ?? noRevision;
    const floor = Math.max(sequenceOf(parent), sequenceOf(newest));
    const revision = revisionOf(await ledger.nextSequence(floor));
    const createdAt = timestampFromMs(now());
    const calibration = create(CalibrationSchema, { revision, bundle, parent, createdAt, maps });
    await store.remember(calibration);
    await store.activate(calibration, active);
    events.calibrationPublished({ bundle, revision, parent, candidates: maps.length });
  };
  const publishPending = async (): Promise<void> => {
    const bundles = [...pending];
    for (const bundle of bundles) {
      pending.delete(bundle);
      try {
        await publish(bundle);
      } catch (error) {
        // The lessons are safe in the ledger; the next turn tries again.
        pending.add(bundle);
        events.publishingFailed(bundle, error);
      }
    }
    if (!isClosed && pending.size > 0) schedule();
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void inTurn(publishPending);
    }, publishIntervalMs);
  };
  const learned = (lessons: readonly Lesson[]): void => {
    for (const { bundle, candidate } of lessons) {
      pending.add(bundle);
      fits.get(bundle)?.delete(candidate);
    }
    if (pending.size > 0 && !isClosed) schedule();
  };

  /** Makes a past calibration, or the bundle's own estimates, active and holds it. */
  const pin = async (bundle: string, revision: string): Promise<Calibration> => {
    const active = await store.active(bundle);
    const found =
      revision === noRevision
        ? create(CalibrationSchema, {
            revision,
            bundle,
            parent: noRevision,
            createdAt: timestampFromMs(now()),
          })
        : await store.find(bundle, revision);
    if (!found) throw unknownCalibration(revision, await store.history(bundle));
    const pinned = { ...clone(CalibrationSchema, found), pinned: true };
    await store.activate(pinned, active);
    events.calibrationPinned({ bundle, revision });
    return pinned;
  };
  const unpin = async (bundle: string): Promise<Calibration> => {
    const active = await store.active(bundle);
    if (!active) throw unknownCalibration(noRevision, []);
    const unpinned = { ...clone(CalibrationSchema, active.calibration), pinned: false };
    await store.activate(unpinned, active);
    events.calibrationUnpinned({ bundle, revision: unpinned.revision });
    pending.add(bundle);
    if (!isClosed) schedule();
    return unpinned;
  };
  const rollBack = async (bundle: string): Promise<Calibration> => {
    const { revision = noRevision } = (await store.active(bundle))?.calibration ?? {};
    const history = await store.history(bundle);
    if (revision === noRevision) {
      throw new IprError(
        status.NOT_FOUND,
        "UNKNOWN_CALIBRATION",
        "the bundle's own estimates are active already: there is no revision before them",
        { metadata: { revision, known: history.join(",") } },
      );
    }
    return pin(bundle, revisionBefore(revision, history));
  };

  return {
    learned,
    pin: (bundle, revision) => inTurn(() => pin(bundle, revision)),
    unpin: (bundle) => inTurn(() => unpin(bundle)),
    rollBack: (bundle) => inTurn(() => rollBack(bundle)),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await inTurn(publishPending);
    },
  };
}

function toMap(
  candidate: string,
  { map, pairs, effectivePairs }: ReturnType<typeof fitCalibration>,
): CalibrationMap {
  return create(CalibrationMapSchema, { candidate, ...map, pairs: BigInt(pairs), effectivePairs });
}

function hasMaps(calibration: Calibration, maps: readonly CalibrationMap[]): boolean {
  return (
    calibration.maps.length === maps.length &&
    calibration.maps.every((map, index) => {
      const other = maps[index];
      return other !== undefined && equals(CalibrationMapSchema, map, other);
    })
  );
}

export function unknownCalibration(revision: string, known: readonly string[]): IprError {
  const known_ = [...known, noRevision].join(",");
  return new IprError(
    status.NOT_FOUND,
    "UNKNOWN_CALIBRATION",
    `no calibration has the revision "${revision}"; known: ${known_}`,
    { metadata: { revision, known: known_ } },
  );
}
