import { buckets, type EventBus } from "@ipr/events";
import type { Registration } from "@ipr/grpc";
import type { Logger } from "@ipr/service";
import { calibrationStore } from "./adapters/calibration-store.ts";
import { openLedger } from "./adapters/ledger.ts";
import { createEvents } from "./events.ts";
import { startIntake } from "./intake.ts";
import { createPublisher } from "./publisher.ts";
import { recalibrationService } from "./rpc/recalibration-service.ts";

export interface RecalibrationDependencies {
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Where recalibration.db is kept; in memory when left out. */
  readonly stateDir?: string;
  readonly publishIntervalMs?: number;
  readonly now?: () => number;
}

export interface Recalibration {
  readonly registrations: readonly Registration[];
  /** Finishes the events at hand, publishes what was learned, and closes the ledger; the bus stays open. */
  close(): Promise<void>;
}

const defaultPublishIntervalMs = 1_000;

/** Learns from decisions and feedback on the bus, publishes calibrations to it, and serves the operator. */
export function createRecalibration(dependencies: RecalibrationDependencies): Recalibration {
  const { bus, logger, publishIntervalMs = defaultPublishIntervalMs, now = Date.now } = dependencies;
  const events = createEvents(logger);
  const ledger = openLedger(dependencies.stateDir);
  const store = calibrationStore(bus.keyValue(buckets.calibration));
  const publisher = createPublisher({ ledger, store, events, publishIntervalMs, now });
  // A crash may have come between a lesson and its publication.
  for (const bundle of ledger.bundles()) {
    publisher.learned(ledger.candidatesOf(bundle).map((candidate) => ({ bundle, candidate })));
  }
  const subscriptions = startIntake({
    bus,
    ledger,
    events,
    learned: (lessons) => publisher.learned(lessons),
  });
  return {
    registrations: [recalibrationService({ ledger, store, publisher })],
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await publisher.close();
      await ledger.close();
    },
  };
}
