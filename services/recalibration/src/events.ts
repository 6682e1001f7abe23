import { metrics } from "@opentelemetry/api";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";

export type FeedbackFate = "joined" | "waiting" | "duplicate" | "unusable";

/** Everything the service logs and counts. */
export interface RecalibrationEvents {
  decisionTaken(isNew: boolean): void;
  feedbackTaken(fate: FeedbackFate): void;
  /** A decision was answered by another candidate than the chosen one, so its feedback will teach nothing. */
  fallbackAnswered(decisionId: string): void;
  /** An event that can never be read. */
  eventRefused(error: unknown): void;
  /** Feedback whose decision never came, dropped to keep the store bounded. */
  feedbackForgotten(count: number): void;
  calibrationPublished(calibration: {
    bundle: string;
    revision: string;
    parent: string;
    candidates: number;
  }): void;
  calibrationPinned(calibration: { bundle: string; revision: string }): void;
  calibrationUnpinned(calibration: { bundle: string; revision: string }): void;
  publishingFailed(bundle: string, error: unknown): void;
}

export function createEvents(logger: Logger): RecalibrationEvents {
  const meter = metrics.getMeter(scope);
  const decisions = meter.createCounter("ipr.recalibration.decisions", { description: "decisions taken in" });
  const feedback = meter.createCounter("ipr.recalibration.feedback", {
    description: "feedback taken in, by what became of it",
  });
  const fallbacks = meter.createCounter("ipr.recalibration.fallbacks", {
    description: "decisions answered by another candidate than the chosen one",
  });
  const forgotten = meter.createCounter("ipr.recalibration.feedback.forgotten", {
    description: "feedback dropped because its decision never came",
  });
  const refused = meter.createCounter("ipr.recalibration.events.refused", {
    description: "events that could not be read",
  });
  const published = meter.createCounter("ipr.recalibration.calibrations", {
    description: "calibrations published",
  });
  return {
    decisionTaken: (isNew) => decisions.add(1, { duplicate: !isNew }),
    feedbackTaken: (fate) => feedback.add(1, { fate }),
    fallbackAnswered(decisionId) {
      fallbacks.add(1);
      logger.debug("fallback_answered", { decisionId });
    },
    eventRefused(error) {
      refused.add(1);
      logger.error("event_refused", { error });
    },
    feedbackForgotten(count) {
      forgotten.add(count);
      logger.warn("feedback_forgotten", { count });
    },
    calibrationPublished(calibration) {
      published.add(1);
      logger.info("calibration_published", calibration);
    },
    calibrationPinned: (calibration) => logger.info("calibration_pinned", calibration),
    calibrationUnpinned: (calibration) => logger.info("calibration_unpinned", calibration),
    publishingFailed: (bundle, error) => logger.warn("calibration_publishing_failed", { bundle, error }),
  };
}
