import { invalidField, IprError, status } from "@ipr/errors";
import type { RouteRequest } from "@ipr/proto";
import { type Target, toleranceFor, type ToleranceTable } from "../domain/target.ts";
import type { Rule } from "../domain/threshold.ts";
import type { EstimateOutcome } from "./estimate.ts";
import type { EstimatorCall } from "./estimator.ts";
import type { Selection } from "./read-request.ts";
import { fromGate } from "./translate.ts";

/** Asks for the tolerance table of a bundle. */
export type FindTable = (bundle: string, call: EstimatorCall) => Promise<ToleranceTable | undefined>;

/** What a target is mapped by: the table of the bundle that made the estimates, whichever is active by now. */
export interface TableLookup {
  readonly findTable: FindTable;
  readonly outcome: EstimateOutcome;
  readonly call: EstimatorCall;
}

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
  lookup: TableLookup,
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
  const found = await lookUp(lookup);
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

/** Undefined without estimates, or without their bundle's table: the best estimate or the reference will answer then. */
async function lookUp({
  findTable,
  outcome,
  call,
}: TableLookup): Promise<{ readonly table: ToleranceTable | undefined } | undefined> {
  if (outcome.kind !== "estimated") return undefined;
  return findTable(outcome.prediction.bundle, call).then(
    (table) => ({ table }),
    () => undefined,
  );
}

function unreachable({ kind, share }: Target, problem: string, nearest: number | undefined): IprError {
  return new IprError(
    status.FAILED_PRECONDITION,
    "TARGET_UNREACHABLE",
    `target.${kind} ${share}: ${problem}; give a tolerance instead, or train a bundle for these candidates`,
    { metadata: nearest === undefined ? {} : { nearest: String(nearest) } },
  );
}
