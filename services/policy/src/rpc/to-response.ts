import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AssessmentSchema, RouteResponseSchema, TimingsSchema } from "@ipr/proto";
import type { Assessment } from "../domain/plan.ts";
import type { Decision } from "./decision.ts";
import { toGate, toInfeasibility, toTrustState } from "./translate.ts";

export function toResponse(
  decision: Decision,
  timings: MessageInitShape<typeof TimingsSchema>,
): MessageInitShape<typeof RouteResponseSchema> {
  const { plan, rule } = decision;
  const { chosen, reference } = plan;
  return {
    decisionId: decision.id,
    router: decision.router,
    model: chosen.candidate.name,
    endpoint: chosen.candidate.endpoints[0]?.name ?? "",
    fallbacks: [...plan.fallbacks],
    referenceModel: reference.candidate.name,
    ...(reference.estimate && { referenceQuality: reference.estimate.quality }),
    ...(reference.cost && { referenceCostUsd: reference.cost.totalUsd }),
    tolerance: rule.tolerance,
    gate: toGate(rule.gate),
    ...(plan.threshold !== undefined && { threshold: plan.threshold }),
    candidates: decision.request.explain === false ? [] : plan.assessments.map(toAssessment),
    ...(plan.expectedSaving !== undefined && { expectedSaving: plan.expectedSaving }),
    ...(plan.expectedQualityChange !== undefined && { expectedQualityChange: plan.expectedQualityChange }),
    propensity: chosen.propensity,
    degraded: plan.isDegraded,
    degradedReason: decision.degradedReason,
    trustState: toTrustState(plan.trust.state),
    trustForced: plan.trust.isForced,
    recommendedModel: plan.recommended.candidate.name,
    bundle: decision.bundle,
    calibration: decision.calibration,
    registryRevision: decision.registryRevision,
    timings,
  };
}

function toAssessment(assessment: Assessment): MessageInitShape<typeof AssessmentSchema> {
  const { candidate, estimate, cost, tokens, exclusion } = assessment;
  return {
    name: candidate.name,
    ...(estimate && {
      quality: estimate.quality,
      qualityLow: estimate.qualityLow,
      qualityHigh: estimate.qualityHigh,
    }),
    ...(cost && {
      expectedCostUsd: cost.totalUsd,
      cost: {
        inputUsd: cost.inputUsd,
        cachedInputUsd: cost.cachedInputUsd,
        outputUsd: cost.outputUsd,
        inputTokens: tokens.input,
        outputTokens: tokens.output ?? 0,
      },
    }),
    feasible: exclusion === undefined,
    reason: exclusion?.reason ?? "",
    reasonCode: toInfeasibility(exclusion?.code),
  };
}
