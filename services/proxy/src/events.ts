import { metrics } from "@opentelemetry/api";
import type { IprError } from "@ipr/errors";
import type { PublisherCounts } from "@ipr/events";
import type { OutcomeEvent } from "@ipr/proto";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";
import type { AttemptEnd } from "./answering/attempt.ts";
import type { AttemptRecord } from "./domain/attempt.ts";

/** Everything the service logs and counts. Endpoints and candidates are bounded by the registry. */
export interface ProxyEvents {
  readonly decisionDegraded: (error: IprError) => void;
  readonly attemptEnded: (attempt: AttemptRecord, end: AttemptEnd["kind"]) => void;
  readonly breakerOpened: (target: { readonly candidate: string; readonly endpoint: string }) => void;
  readonly answerEnded: (outcome: OutcomeEvent) => void;
  readonly outcomeEventDropped: (decisionId: string, why: "overflow" | Error) => void;
  readonly requestFailedUnexpectedly: (error: unknown, where: string) => void;
}

export function createEvents(logger: Logger, publisherCounts: () => PublisherCounts): ProxyEvents {
  const meter = metrics.getMeter(scope);
  const degraded = meter.createCounter("ipr.proxy.decisions.degraded", {
    description: "requests that went to the reference because the policy did not answer, by reason",
  });
  const attempts = meter.createCounter("ipr.proxy.attempts", { description: "upstream calls" });
  const firstByte = meter.createHistogram("ipr.proxy.attempt.first_byte", {
    description: "from the call to the first byte of the answer",
    unit: "ms",
  });
  const opened = meter.createCounter("ipr.proxy.breakers.opened", {
    description: "circuit breakers that opened",
  });
  const answers = meter.createCounter("ipr.proxy.answers", { description: "requests, by how they ended" });
  const cost = meter.createCounter("ipr.proxy.cost", {
    description: "known cost of answers by the registry's prices",
    unit: "USD",
  });
  const dropped = meter.createCounter("ipr.proxy.outcome_events.dropped", {
    description: "outcome events that will not be published",
  });
  meter
    .createObservableGauge("ipr.proxy.outcome_events.pending", {
      description: "outcome events that wait for the event bus",
    })
    .addCallback((result) => result.observe(publisherCounts().pending));

  return {
    decisionDegraded(error) {
      degraded.add(1, { reason: error.reason });
      logger.warn("decision_degraded", { reason: error.reason, message: error.message });
    },
    attemptEnded({ candidate, endpoint, error, firstByteMs, httpStatus, durationMs }, end) {
      attempts.add(1, { candidate, endpoint, end });
      if (firstByteMs !== undefined) firstByte.record(firstByteMs, { candidate, endpoint });
      const line = { candidate, endpoint, end, httpStatus, durationMs, error };
      if (end === "failed" || end === "broken") logger.warn("attempt_failed", line);
      else logger.debug("attempt_ended", line);
    },
    breakerOpened(target) {
      opened.add(1, { ...target });
      logger.warn("breaker_opened", target);
    },
    answerEnded({ decisionId, router, model, completed, cancelled, costUsd, simulated, attempts: calls }) {
      const end = completed ? "completed" : cancelled ? "cancelled" : "failed";
      answers.add(1, { router, model, end, simulated });
      if (costUsd !== undefined) cost.add(costUsd, { router, model, simulated });
      logger.debug("answer_ended", { decisionId, router, model, end, costUsd, attempts: calls.length });
    },
    outcomeEventDropped(decisionId, why) {
      dropped.add(1);
      logger.warn("outcome_event_dropped", { decisionId, why });
    },
    requestFailedUnexpectedly: (error, where) => logger.error("request_failed", { where, error }),
  };
}
