/** Turns a tolerance into the smallest quality estimate that stays feasible (IPR, arXiv 2509.06274). */
export type Gate = "dynamic_max" | "dynamic_minmax" | "static";

export interface Rule {
  readonly gate: Gate;
  /** Share of predicted quality given up for a lower price, 0..1. */
  readonly tolerance: number;
  /** Positive lowers the threshold (cheaper), negative raises it (safer). */
  readonly margin: number;
  /** Of the static gate. */
  readonly staticThreshold?: number | undefined;
}

/**
 * The threshold among these quality estimates (at least one).
 *
 * It never grows with the tolerance, also not by rounding, and tolerance 1 admits exactly the worst under
 * `dynamic_minmax`.
 */
export function thresholdOf(qualities: readonly number[], rule: Rule): number {
  return ungated(qualities, rule) - rule.margin;
}

function ungated(qualities: readonly number[], { gate, tolerance, staticThreshold }: Rule): number {
  const best = Math.max(...qualities);
  switch (gate) {
    case "dynamic_max":
      return (1 - tolerance) * best;
    case "dynamic_minmax": {
      const worst = Math.min(...qualities);
      return tolerance === 1 ? worst : Math.max(worst, best - tolerance * (best - worst));
    }
    case "static":
      // The registry refuses a static gate without a threshold; should one come, only the best is good enough.
      return staticThreshold ?? best;
    default:
      return gate satisfies never;
  }
}
