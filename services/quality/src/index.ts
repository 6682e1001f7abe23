import { createPredictor, loadBundle, type QualityPredictor } from "@ipr/estimator";
import type { EventBus } from "@ipr/events";
import type { Registration } from "@ipr/grpc";
import { type Logger, logUnexpected } from "@ipr/service";
import { watchCalibration } from "./adapters/watched-calibration.ts";
import { createEvents } from "./events.ts";
import { qualityService } from "./rpc/quality-service.ts";

export interface QualityDependencies {
  /** Directory of the bundle, as `ipr train` writes it. */
  readonly bundleDir: string;
  readonly bus: EventBus;
  readonly logger: Logger;
}

export interface Quality {
  readonly registrations: readonly Registration[];
  /** The id of the bundle that is served. */
  readonly bundle: string;
  /** The candidates it can estimate. */
  readonly candidates: readonly string[];
  /** Resolves when the published calibration, if there is one, is live. */
  readonly calibrated: Promise<void>;
  close(): Promise<void>;
}

const warmUpText = "What is the sum of 12 and 30? Write a function that adds two numbers. ".repeat(8);
const warmUpRuns = 100;

/** Loads and warms the bundle, follows its calibration, and serves both. */
export async function createQuality({ bundleDir, bus, logger }: QualityDependencies): Promise<Quality> {
  const events = createEvents(logger);
  const bundle = await loadBundle(bundleDir);
  const predictor = createPredictor(bundle);
  warmUp(predictor, bundle.manifest.encoder.dimension);
  const { id } = bundle.manifest;
  events.bundleLoaded({ id, candidates: predictor.candidates.length });
  const calibration = watchCalibration(bus, id, events);
  return {
    registrations: [
      qualityService({
        bundle,
        predictor,
        calibration: calibration.current,
        events,
        onUnexpected: logUnexpected(logger),
      }),
    ],
    bundle: id,
    candidates: predictor.candidates,
    calibrated: calibration.established,
    close: () => calibration.close(),
  };
}

/** The first estimates run several times slower, until they are compiled; callers should not be the ones to wait. */
function warmUp(predictor: QualityPredictor, dimension: number): void {
  const embedding = new Float32Array(dimension).fill(1 / Math.sqrt(dimension));
  for (let run = 0; run < warmUpRuns; run++) predictor.predict({ text: `${run} ${warmUpText}`, embedding });
}
