import { invalidField, IprError, status } from "@ipr/errors";
import type { RouteRequest } from "@ipr/proto";
import { type Target, toleranceFor, type ToleranceTable } from "../domain/target.ts";
import type { Rule } from "../domain/threshold.ts";
import type { EstimatorCall } from "./estimator.ts";
import type { Selection } from "./read-request.ts";
import { fromGate } from "./translate.ts";

/** Asks for the tolerance table of the bundle that is served. */
export type FindTable = (call: EstimatorCall) => Promise<ToleranceTable | undefined>;

/** How a decision is to be made: by which rule, and at most at which cost. */
export interface Aim {
  readonly rule: Rule;
  readonly maxCostUsd?: number;
}

/**
 * Reads what the caller asks for, a tolerance or a target, into a rule.
 *
 * @throws IprError INVALID_FIELD when both are given; TARGET_UNREACHABLE when the table cannot serve the target.
 */
export async function aimOf(
  request: RouteRequest,
  { router, candidates }: Selection,
  findTable: FindTable,
  call: EstimatorCall,
): Promise<Aim> {
  const { margin, staticThreshold } = router;
  const gate = fromGate(router.gate);
  const rule = { gate, tolerance: request.tolerance ?? router.tolerance, margin, staticThreshold };
  const kind = request.target?.kind;
  if (kind?.case === undefined) return { rule };
  if (request.tolerance !== undefined) {
    throw invalidField("target", "is given beside a tolerance; give one of them");
  }
  if (kind.case === "maxCostUsd") return { rule: { ...rule, tolerance: 0 }, maxCostUsd: kind.value };
  const target: Target = {
    kind: kind.case === "minSaving" ? "min_saving" : "max_quality_loss",
    share: kind.value,
  };
  // Without quality there are no estimates either: the reference will answer, whatever the tolerance.
  const found = await findTable(call).then(
    (table) => ({ table }),
    () => undefined,
  );
  if (found === undefined) return { rule: { ...rule, tolerance: 0 } };
  const names = candidates.map(({ name }) => name);
  const mapped = toleranceFor(target, found.table, {
    candidates: names,
    reference: router.reference,
    gate,
    margin,
  });
  if ("problem" in mapped) throw unreachable(target, mapped.problem, mapped.nearest);
  return { rule: { ...rule, tolerance: mapped.tolerance } };
}

function unreachable({ kind, share }: Target, problem: string, nearest: number | undefined): IprError {
  return new IprError(
    status.FAILED_PRECONDITION,
    "TARGET_UNREACHABLE",
    `target.${kind} ${share}: ${problem}; give a tolerance instead, or train a bundle for these candidates`,
    { metadata: nearest === undefined ? {} : { nearest: String(nearest) } },
  );
}
