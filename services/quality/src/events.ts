import { metrics } from "@opentelemetry/api";
import { IprError } from "@ipr/errors";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";
import type { BundleRole } from "./bundle-slot.ts";
import type { PromptDifference } from "./domain/comparison.ts";
import type { LoadedBundle } from "./loaded-bundle.ts";

export interface BundleTaken {
  readonly role: BundleRole;
  readonly bundle: LoadedBundle;
  /** What was current in the role before; undefined at the start. */
  readonly replaced: LoadedBundle | undefined;
}

/** Everything the service logs and counts. */
export interface QualityEvents {
  bundleTaken(taken: BundleTaken): void;
  bundleRefused(refused: { role: BundleRole; path: string; error: unknown }): void;
  /** A look at the sources ended in a bug; the next one comes. */
  checkFailed(error: unknown): void;
  calibrationApplied(revision: string): void;
  calibrationRefused(problem: unknown): void;
  promptEstimated(): void;
  promptCompared(difference: PromptDifference): void;
  comparisonDropped(): void;
  comparisonFailed(error: unknown): void;
}

export function createEvents(logger: Logger): QualityEvents {
  const meter = metrics.getMeter(scope);
  const estimated = meter.createCounter("ipr.quality.prompts", { description: "prompts estimated" });
  const applied = meter.createCounter("ipr.quality.calibrations", { description: "calibrations made live" });
  const taken = meter.createCounter("ipr.quality.bundles.taken", {
    description: "bundles made current, by role",
  });
  const refused = meter.createCounter("ipr.quality.bundles.refused", {
    description: "bundles that were not taken, by role and reason",
  });
  const compared = meter.createHistogram("ipr.quality.shadow.absolute_difference", {
    description:
      "mean absolute difference of the shadow's estimates of one prompt, by whether its best candidate differs",
  });
  const dropped = meter.createCounter("ipr.quality.shadow.dropped", {
    description: "prompts that were not compared because the queue was full",
  });
  return {
    bundleTaken({ role, bundle, replaced }) {
      taken.add(1, { role });
      logger.info("bundle_taken", {
        role,
        bundle: bundle.id,
        path: bundle.found.path,
        candidates: bundle.predictor.candidates.length,
        ...(replaced && { replaced: replaced.id }),
      });
    },
    bundleRefused({ role, path, error }) {
      refused.add(1, { role, reason: error instanceof IprError ? error.reason : "INTERNAL" });
      logger.error("bundle_refused", { role, path, error });
    },
    checkFailed: (error) => logger.error("bundle_check_failed", { error }),
    calibrationApplied: (revision) => {
      applied.add(1);
      logger.info("calibration_applied", { revision });
    },
    calibrationRefused: (problem) => logger.warn("calibration_refused", { error: problem }),
    promptEstimated: () => estimated.add(1),
    promptCompared: ({ meanAbsoluteDifference, bestDiffers }) =>
      compared.record(meanAbsoluteDifference, { best_differs: bestDiffers }),
    comparisonDropped: () => dropped.add(1),
    comparisonFailed: (error) => logger.error("comparison_failed", { error }),
  };
}
