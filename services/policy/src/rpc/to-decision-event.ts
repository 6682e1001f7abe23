import { createHash } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ActionSchema, type DecisionEvent, DecisionEventSchema } from "@ipr/proto";
import type { Assessment } from "../domain/plan.ts";
import type { Decision } from "./decision.ts";
import { toGate, toInfeasibility, toTrustState } from "./translate.ts";

/** The decision as it is learned from: everything but the text, of which only the digest is kept. */
export function toDecisionEvent(decision: Decision, decidedAtMs: number): DecisionEvent {
  const { plan, rule, request } = decision;
  return create(DecisionEventSchema, {
    decisionId: decision.id,
    decidedAt: timestampFromMs(decidedAtMs),
    tenant: request.tenant,
    sessionId: request.sessionId,
    router: decision.router,
    model: plan.chosen.candidate.name,
    referenceModel: plan.reference.candidate.name,
    tolerance: rule.tolerance,
    gate: toGate(rule.gate),
    ...(plan.threshold !== undefined && { threshold: plan.threshold }),
    actions: plan.assessments.map(toAction),
    degraded: plan.isDegraded,
    trustState: toTrustState(plan.trust.state),
    bundle: decision.bundle,
    calibration: decision.calibration,
    registryRevision: decision.registryRevision,
    encoder: decision.encoder,
    textSha256: createHash("sha256").update(decision.text).digest("hex"),
  });
}

function toAction(assessment: Assessment): MessageInitShape<typeof ActionSchema> {
  const { candidate, estimate, cost, exclusion, propensity } = assessment;
  return {
    candidate: candidate.name,
    ...(estimate && {
      logit: estimate.logit,
      quality: estimate.quality,
      qualityLow: estimate.qualityLow,
      qualityHigh: estimate.qualityHigh,
    }),
    ...(cost && { expectedCostUsd: cost.totalUsd }),
    feasible: exclusion === undefined,
    reasonCode: toInfeasibility(exclusion?.code),
    propensity,
  };
}
