import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Candidate, type OutcomeEvent, OutcomeEventSchema, Protocol } from "@ipr/proto";
import { attemptCostUsd, type AttemptRecord } from "../domain/attempt.ts";
import { costUsd, totalUsd } from "../domain/cost.ts";
import type { TokenUsage } from "../domain/usage.ts";
import type { CallResult } from "./call-in-order.ts";
import type { Decision } from "./decision.ts";

type Lookup = (candidate: string) => Candidate | undefined;

/** What all attempts cost by the registry's prices; undefined when a part of it is unknown. */
export function spentUsd(attempts: readonly AttemptRecord[], lookup: Lookup): number | undefined {
  return totalUsd(attempts.map((attempt) => attemptCostUsd(attempt, lookup(attempt.candidate)?.price)));
}

export interface OutcomeOptions {
  readonly decision: Decision;
  readonly tenant: string;
  readonly result: CallResult;
  /** Whether a whole answer reached the caller, or he left, or neither. */
  readonly end: "completed" | "cancelled" | "failed";
  readonly streamed: boolean;
  readonly endedAtMs: number;
  readonly lookup: Lookup;
}

/** The record of how a decision ended. */
export function outcomeOf(options: OutcomeOptions): OutcomeEvent {
  const { decision, result, end, lookup, endedAtMs } = options;
  const answered = end === "completed" ? result.target?.candidate.name : undefined;
  const cost = spentUsd(result.attempts, lookup);
  const reference = decision.reference === undefined ? undefined : lookup(decision.reference);
  const referenceCost = costUsd(result.attempts.at(-1)?.usage, reference?.price);
  return create(OutcomeEventSchema, {
    decisionId: decision.id,
    endedAt: timestampFromMs(endedAtMs),
    tenant: options.tenant,
    router: decision.router,
    model: answered ?? "",
    attempts: result.attempts.map(toAttempt),
    completed: end === "completed",
    cancelled: end === "cancelled",
    ...(cost === undefined ? {} : { costUsd: cost }),
    ...(referenceCost === undefined ? {} : { referenceCostUsd: referenceCost }),
    streamed: options.streamed,
    simulated: result.target?.endpoint.protocol === Protocol.SIMULATED,
  });
}

function toAttempt({ usage, firstByteMs, ...attempt }: AttemptRecord) {
  return {
    ...attempt,
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
    ...(usage && { usage: toUsage(usage) }),
  };
}

function toUsage(usage: TokenUsage) {
  return {
    inputTokens: BigInt(usage.inputTokens),
    cachedInputTokens: BigInt(usage.cachedInputTokens),
    outputTokens: BigInt(usage.outputTokens),
    reasoningTokens: BigInt(usage.reasoningTokens),
  };
}
