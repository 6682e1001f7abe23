import type { Client } from "@ipr/grpc";
import type { RouteResponse, RouterService } from "@ipr/proto";

/** What the policy is asked. */
export type RouteRequestInit = Parameters<Client<typeof RouterService>["route"]>[0];

/**
 * Decides who answers. A policy that is down or late is no error: the router's reference answers, degraded.
 *
 * @throws IprError when the question itself is wrong: a bad field, an unknown router or candidate, constraints that no
 * candidate meets.
 */
export type Decide = (request: RouteRequestInit, signal: AbortSignal) => Promise<Decision>;

/** Who should answer a request, and what the caller is told of why. */
export interface Decision {
  readonly id: string;
  /** The router that was asked; empty when the caller named a candidate. */
  readonly router: string;
  /** Candidates in the order in which to try them. */
  readonly order: readonly string[];
  /** The candidate that savings are measured against. */
  readonly reference: string | undefined;
  readonly degraded: boolean;
  readonly expectedSaving: number | undefined;
  /** The policy's answer; undefined when it gave none or was not asked. */
  readonly response: RouteResponse | undefined;
}

/** A caller who names a candidate has decided; the id lets him report on the answer all the same. */
export function directDecision(id: string, candidate: string): Decision {
  return {
    id,
    router: "",
    order: [candidate],
    reference: undefined,
    degraded: false,
    expectedSaving: undefined,
    response: undefined,
  };
}
