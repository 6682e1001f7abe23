import { setImmediate } from "node:timers/promises";
import { type Bundle, createPredictor, loadBundle, type QualityPredictor } from "@ipr/estimator";
import type { EventBus } from "@ipr/events";
import { watchCalibration } from "./adapters/watched-calibration.ts";
import type { FoundBundle } from "./bundle-source.ts";
import type { LiveCalibration } from "./domain/recalibrate.ts";
import type { QualityEvents } from "./events.ts";

/** A bundle in memory with the calibration that follows it: what a request is answered by, from its start to its end. */
export interface LoadedBundle {
  readonly id: string;
  readonly encoder: Bundle["manifest"]["encoder"];
  readonly createdAt: Date;
  readonly toleranceTable: Bundle["toleranceTable"];
  readonly predictor: QualityPredictor;
  /** The calibration that is live at this moment. */
  readonly calibration: () => LiveCalibration;
  /** Resolves when the published calibration, if there is one, is live. */
  readonly calibrated: Promise<void>;
  readonly found: FoundBundle;
  readonly loadedAt: Date;
  close(): Promise<void>;
}

export interface BundleOpener {
  readonly bus: EventBus;
  readonly events: QualityEvents;
}

const warmUpText = "What is the sum of 12 and 30? Write a function that adds two numbers. ".repeat(8);
const warmUpRuns = 100;

/** Reads and warms a bundle and begins to follow its calibration. */
export async function openBundle(found: FoundBundle, { bus, events }: BundleOpener): Promise<LoadedBundle> {
  const { manifest, toleranceTable, trainedOn: _unused, ...estimator } = await loadBundle(found.path);
  const { id, encoder, createdAt } = manifest;
  const predictor = createPredictor(estimator);
  await warmUp(predictor, encoder.dimension);
  const calibration = watchCalibration(bus, id, events);
  return {
    id,
    encoder,
    createdAt: new Date(createdAt),
    toleranceTable,
    predictor,
    calibration: calibration.current,
    calibrated: calibration.established,
    found,
    loadedAt: new Date(),
    close: () => calibration.close(),
  };
}

/**
 * The first estimates run several times slower, until they are compiled; callers should not be the ones to wait. Requests
 * that another bundle answers meanwhile come in between.
 */
async function warmUp(predictor: QualityPredictor, dimension: number): Promise<void> {
  const embedding = new Float32Array(dimension).fill(1 / Math.sqrt(dimension));
  for (let run = 0; run < warmUpRuns; run++) {
    predictor.predict({ text: `${run} ${warmUpText}`, embedding });
    await setImmediate();
  }
}
