import { metrics } from "@opentelemetry/api";
import type { PublisherCounts } from "@ipr/events";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";

export interface MadeDecision {
  readonly decisionId: string;
  readonly router: string;
  readonly model: string;
  readonly trustState: string;
  readonly totalMs: number;
}

export type Stage = "embedding" | "quality" | "estimates";

/** Everything the service logs and counts. */
export interface PolicyEvents {
  decisionMade(decision: MadeDecision): void;
  decisionDegraded(decision: MadeDecision, stage: Stage, reason: string): void;
  decisionEventDropped(decisionId: string, why: "overflow" | Error): void;
  feedbackTaken(isDuplicate: boolean): void;
  registryChanged(what: string, revision: string): void;
}

export function createEvents(logger: Logger, publisherCounts: () => PublisherCounts): PolicyEvents {
  const meter = metrics.getMeter(scope);
  const decisions = meter.createCounter("ipr.policy.decisions", { description: "decisions made" });
  const degraded = meter.createCounter("ipr.policy.decisions.degraded", {
    description: "decisions made without estimates, by the stage that failed",
  });
  const duration = meter.createHistogram("ipr.policy.decision.duration", {
    description: "from the request's arrival to the decision",
    unit: "ms",
  });
  const dropped = meter.createCounter("ipr.policy.decision_events.dropped", {
    description: "decision events that will not be published",
  });
  const feedback = meter.createCounter("ipr.policy.feedback", { description: "reports taken in" });
  meter
    .createObservableGauge("ipr.policy.decision_events.pending", {
      description: "decision events that wait for the event bus",
    })
    .addCallback((result) => result.observe(publisherCounts().pending));

  const count = ({ router, model, trustState, totalMs }: MadeDecision) => {
    decisions.add(1, { router, model, trust_state: trustState });
    duration.record(totalMs, { router });
  };
  return {
    decisionMade(decision) {
      count(decision);
      logger.debug("decision_made", { ...decision });
    },
    decisionDegraded(decision, stage, reason) {
      count(decision);
      degraded.add(1, { router: decision.router, stage });
      logger.warn("decision_degraded", { ...decision, stage, reason });
    },
    decisionEventDropped(decisionId, why) {
      dropped.add(1);
      logger.warn("decision_event_dropped", { decisionId, why });
    },
    feedbackTaken(isDuplicate) {
      feedback.add(1, { duplicate: isDuplicate });
      logger.debug("feedback_taken", { isDuplicate });
    },
    registryChanged: (what, revision) => logger.info("registry_changed", { what, revision }),
  };
}

export function logRegistryWarnings(logger: Logger, warnings: readonly string[]): void {
  for (const warning of warnings) logger.warn("registry_warned", { warning });
}
