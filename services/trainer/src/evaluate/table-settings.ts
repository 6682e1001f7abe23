import type { ToleranceTable } from "@ipr/estimator";
import { forTargets, type Settings } from "./rule-statistics.ts";

/**
 * The tolerance for each target by the bundle's out-of-fold table: of those whose quality met the target, the one that
 * saved most. Undefined where the table is about another pool or reference.
 */
export function tableSettings(
  table: ToleranceTable | undefined,
  candidates: readonly string[],
  reference: string,
): Settings | undefined {
  if (table === undefined || table.reference !== reference) return undefined;
  const isSamePool =
    table.pool.length === candidates.length &&
    new Set([...table.pool, ...candidates]).size === candidates.length;
  if (!isSamePool) return undefined;
  return forTargets((target) => {
    const [best] = table.points
      .filter(({ qualityRatio, saving }) => qualityRatio >= target && saving > 0)
      .toSorted((a, b) => b.saving - a.saving);
    return best?.tolerance;
  });
}
