import { fromBinary } from "@bufbuild/protobuf";
import { IprError, status } from "@ipr/errors";
import type { Platt } from "@ipr/estimator";
import { activeCalibrationKey, buckets, type EventBus } from "@ipr/events";
import { CalibrationSchema } from "@ipr/proto";
import { type LiveCalibration, uncalibrated } from "../domain/recalibrate.ts";
import type { QualityEvents } from "../events.ts";

export interface WatchedCalibration {
  readonly current: () => LiveCalibration;
  /** Resolves when the published calibration, if there is one, is live. */
  readonly established: Promise<void>;
  close(): Promise<void>;
}

/**
 * Follows the bundle's active calibration on the event bus. One that cannot be read, or is for another bundle, is
 * refused and reported, and the last good one stays; a calibration that is deleted leaves the bundle's own estimates.
 */
export function watchCalibration(bus: EventBus, bundle: string, events: QualityEvents): WatchedCalibration {
  let live = uncalibrated;
  const subscription = bus.keyValue(buckets.calibration).watch(
    ({ value }) => {
      try {
        const next = value === undefined ? uncalibrated : parseCalibration(value, bundle);
        if (next.revision === live.revision) return;
        live = next;
        events.calibrationApplied(live.revision);
      } catch (error) {
        events.calibrationRefused(error);
      }
    },
    { key: activeCalibrationKey(bundle) },
  );
  return {
    current: () => live,
    established: subscription.established,
    close: () => subscription.close(),
  };
}

function parseCalibration(value: Uint8Array, bundle: string): LiveCalibration {
  const calibration = fromBinary(CalibrationSchema, value);
  if (calibration.bundle !== bundle) {
    throw refused(`calibration ${calibration.revision} is for bundle ${calibration.bundle}, not ${bundle}`);
  }
  const maps = new Map<string, Platt>();
  for (const { candidate, slope, intercept } of calibration.maps) {
    if (!(slope > 0 && Number.isFinite(slope) && Number.isFinite(intercept))) {
      throw refused(
        `calibration ${calibration.revision}: the map of ${candidate} is not increasing (slope ${slope}, intercept ${intercept})`,
      );
    }
    maps.set(candidate, { slope, intercept });
  }
  return { revision: calibration.revision, maps };
}

function refused(message: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_DATA", message);
}
