import type { RouteRequest } from "@ipr/proto";
import type { Plan } from "../domain/plan.ts";
import type { Rule } from "../domain/threshold.ts";

/** A plan with all that identifies it: what the response and the event are made of. */
export interface Decision {
  readonly id: string;
  readonly request: RouteRequest;
  readonly router: string;
  readonly rule: Rule;
  readonly plan: Plan;
  readonly registryRevision: string;
  /** Empty when not degraded. */
  readonly degradedReason: string;
  /** Empty when degraded. */
  readonly bundle: string;
  readonly calibration: string;
  readonly encoder: string;
  /** What was encoded. */
  readonly text: string;
}
