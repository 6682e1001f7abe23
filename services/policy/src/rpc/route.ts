import { randomUUIDv7 } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { IprError, status } from "@ipr/errors";
import { promptText } from "@ipr/estimator";
import type { CallContext } from "@ipr/grpc";
import type { DecisionEvent, RouteRequest, RouteResponseSchema } from "@ipr/proto";
import type { RegistryStore } from "@ipr/registry";
import { characterCount, requirementsOf } from "../domain/conversation.ts";
import { makePlan, type NothingFits } from "../domain/plan.ts";
import type { PolicyEvents } from "../events.ts";
import { aimOf, type FindTable } from "./aim.ts";
import type { Decision } from "./decision.ts";
import { estimate, type EstimateOutcome } from "./estimate.ts";
import type { Estimator } from "./estimator.ts";
import { readConversation, selectCandidates, type Selection } from "./read-request.ts";
import { toDecisionEvent } from "./to-decision-event.ts";
import { toResponse } from "./to-response.ts";
import { fromTrustState } from "./translate.ts";

/** Of a caller's remaining time, what an estimate may take: the rest is for the answer to get there. */
const estimateShare = 0.75;

export interface RouteDependencies {
  readonly registry: RegistryStore;
  readonly estimator: Estimator;
  readonly findTable: FindTable;
  /** For both stages of an estimate together. */
  readonly estimateTimeoutMs: number;
  /** Publishes behind the request's back; never waits, never throws. */
  readonly record: (event: DecisionEvent) => void;
  readonly events: PolicyEvents;
}

export type Route = (
  request: RouteRequest,
  context: CallContext,
) => Promise<MessageInitShape<typeof RouteResponseSchema>>;

/** Makes the handler of one decision. A fault of our own parts is not an error of the caller: the reference answers. */
export function createRoute(dependencies: RouteDependencies): Route {
  const { registry, estimator, findTable, estimateTimeoutMs, record, events } = dependencies;

  return async (request, context) => {
    const startedAt = performance.now();
    const view = registry.current();
    const selection = selectCandidates(view, request);
    const conversation = readConversation(request);
    const text = promptText(conversation.turns);
    const timeoutMs = Math.min(estimateTimeoutMs, Math.max(1, context.remainingMs() * estimateShare));
    const call = { timeoutMs, signal: context.signal };
    const outcome = await estimate(estimator, { text, candidates: namesOf(selection), ...call });
    const { rule, maxCostUsd } = await aimOf(request, selection, { findTable, outcome, call });
    // Whoever has left gets no decision, and none is recorded that nobody saw.
    context.signal.throwIfAborted();

    const estimatedAt = performance.now();
    const { router, candidates, reference } = selection;
    const { constraints } = router;
    const plan = makePlan({
      candidates,
      reference,
      rule,
      constraints: [{ ...requirementsOf(conversation), maxCostUsd }, constraints, request.constraints].filter(
        (set) => set !== undefined,
      ),
      characters: characterCount(conversation),
      expectedOutputTokens: request.expectedOutputTokens,
      maxOutputTokens: request.maxOutputTokens,
      estimates: outcome.kind === "estimated" ? outcome.prediction.estimates : undefined,
      forcedTrustState: fromTrustState(router.forcedTrustState),
    });
    if ("exclusions" in plan) throw noCandidateFits(router.name, plan);

    const decision: Decision = {
      id: request.decisionId ?? randomUUIDv7(),
      request,
      router: router.name,
      rule,
      plan,
      registryRevision: view.revision,
      ...(plan.isDegraded ? withoutEstimates(outcome) : sourcesOf(outcome)),
      text,
    };
    const decidedAt = performance.now();
    record(toDecisionEvent(decision, Date.now()));
    const totalMs = performance.now() - startedAt;
    report(events, decision, outcome, totalMs);
    return toResponse(decision, {
      embedMs: outcome.embedMs,
      predictMs: outcome.predictMs,
      decideMs: decidedAt - estimatedAt,
      totalMs,
    });
  };
}

/** The reference is estimated also when the request leaves it out: savings are measured against it. */
function namesOf({ candidates, reference }: Selection): string[] {
  return [...new Set([...candidates.map(({ name }) => name), reference.name])];
}

type Sources = Pick<Decision, "bundle" | "calibration" | "encoder" | "degradedReason">;

function sourcesOf(outcome: EstimateOutcome): Sources {
  if (outcome.kind === "not_estimated") return withoutEstimates(outcome);
  const { prediction, embedding } = outcome;
  const { bundle, calibration } = prediction;
  return { bundle, calibration, encoder: embedding.encoder, degradedReason: "" };
}

function withoutEstimates(outcome: EstimateOutcome): Sources {
  const degradedReason =
    outcome.kind === "not_estimated"
      ? outcome.reason
      : `bundle ${outcome.prediction.bundle} has no estimate for any candidate that fits`;
  return { bundle: "", calibration: "", encoder: "", degradedReason };
}

function report(events: PolicyEvents, decision: Decision, outcome: EstimateOutcome, totalMs: number): void {
  const { id: decisionId, router, plan } = decision;
  const made = {
    decisionId,
    router,
    model: plan.chosen.candidate.name,
    trustState: plan.trust.state,
    totalMs,
  };
  if (!plan.isDegraded) return events.decisionMade(made);
  const stage = outcome.kind === "not_estimated" ? outcome.stage : "estimates";
  return events.decisionDegraded(made, stage, decision.degradedReason);
}

function noCandidateFits(router: string, { exclusions }: NothingFits): IprError {
  const reasons = exclusions.map(({ name, exclusion }) => [name, exclusion.reason] as const);
  const text = reasons.map(([name, reason]) => `${name} ${reason}`).join("; ");
  return new IprError(
    status.FAILED_PRECONDITION,
    "NO_CANDIDATE_FITS",
    `no candidate of router "${router}" fits: ${text}`,
    { metadata: Object.fromEntries(reasons) },
  );
}
