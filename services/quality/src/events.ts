import { metrics } from "@opentelemetry/api";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";

/** Everything the service logs and counts. */
export interface QualityEvents {
  bundleLoaded(bundle: { id: string; candidates: number }): void;
  calibrationApplied(revision: string): void;
  calibrationRefused(problem: unknown): void;
  promptEstimated(): void;
}

export function createEvents(logger: Logger): QualityEvents {
  const meter = metrics.getMeter(scope);
  const estimated = meter.createCounter("ipr.quality.prompts", { description: "prompts estimated" });
  const applied = meter.createCounter("ipr.quality.calibrations", { description: "calibrations made live" });
  return {
    bundleLoaded: ({ id, candidates }) => logger.info("bundle_loaded", { bundle: id, candidates }),
    calibrationApplied: (revision) => {
      applied.add(1);
      logger.info("calibration_applied", { revision });
    },
    calibrationRefused: (problem) => logger.warn("calibration_refused", { error: problem }),
    promptEstimated: () => estimated.add(1),
  };
}
