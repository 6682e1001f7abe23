import { GateSchema, type RouteResponse, TrustStateSchema } from "@ipr/proto";
import type { Decision } from "../answering/decision.ts";
import type { TokenUsage } from "../domain/usage.ts";

/** What every answer tells of how it came about. */
export interface AnswerFacts {
  readonly decision: Decision;
  /** The candidate that really answered; undefined when none did. */
  readonly model: string | undefined;
  readonly attempts: number;
  readonly simulated: boolean;
  /** What all attempts cost; undefined when unknown or not known yet. */
  readonly costUsd: number | undefined;
}

/** The facts as headers. What is unknown has none. */
export function factHeaders({
  decision,
  model,
  attempts,
  simulated,
  costUsd,
}: AnswerFacts): Record<string, string> {
  return {
    "x-ipr-decision-id": decision.id,
    ...(model !== undefined && { "x-ipr-model": model }),
    "x-ipr-attempts": String(attempts),
    "x-ipr-degraded": String(decision.degraded),
    ...(decision.response && { "x-ipr-trust": trustName(decision.response) }),
    ...(simulated && { "x-ipr-simulated": "true" }),
    ...(costUsd !== undefined && { "x-ipr-cost-usd": plainNumber(costUsd) }),
    ...(decision.expectedSaving !== undefined && {
      "x-ipr-expected-saving": plainNumber(decision.expectedSaving),
    }),
  };
}

/** The facts as the `ipr` object of a stream's last chunk, where headers come too early. */
export function factObject(facts: AnswerFacts, usage: TokenUsage | undefined, explain: boolean): object {
  const { decision, costUsd } = facts;
  return {
    decisionId: decision.id,
    model: facts.model,
    attempts: facts.attempts,
    degraded: decision.degraded,
    ...(decision.response && { trust: trustName(decision.response) }),
    ...(facts.simulated && { simulated: true }),
    ...(costUsd !== undefined && { costUsd }),
    ...(decision.expectedSaving !== undefined && { expectedSaving: decision.expectedSaving }),
    ...(usage && { usage }),
    ...(explain && decision.response && { decision: explanation(decision.response) }),
  };
}

/** Why the decision was what it was, as far as a caller of this wire can use it; Route over gRPC tells all. */
function explanation(response: RouteResponse): object {
  return {
    router: response.router,
    model: response.model,
    fallbacks: response.fallbacks,
    referenceModel: response.referenceModel,
    trustState: trustName(response),
    trustForced: response.trustForced,
    recommendedModel: response.recommendedModel,
    gate: (GateSchema.value[response.gate]?.localName ?? "unknown").toLowerCase(),
    tolerance: response.tolerance,
    threshold: response.threshold,
    bundle: response.bundle,
    calibration: response.calibration,
    candidates: response.candidates.map((candidate) => ({
      name: candidate.name,
      quality: candidate.quality,
      qualityLow: candidate.qualityLow,
      qualityHigh: candidate.qualityHigh,
      expectedCostUsd: candidate.expectedCostUsd,
      feasible: candidate.feasible,
      ...(candidate.reason !== "" && { reason: candidate.reason }),
    })),
  };
}

/** The router's trust state as people write it: cold, observe or route. */
function trustName({ trustState }: RouteResponse): string {
  return (TrustStateSchema.value[trustState]?.localName ?? "unknown").toLowerCase();
}

const shownDecimals = 12;

/** A decimal number without an exponent, which not every reader of headers knows. */
function plainNumber(value: number): string {
  const text = value.toFixed(shownDecimals).replace(/\.?0+$/, "");
  return text === "" || text === "-0" ? "0" : text;
}
