import type { Gate } from "./threshold.ts";

/** What a caller wants reached, as a share of the reference's mean quality or cost. */
export interface Target {
  readonly kind: "max_quality_loss" | "min_saving";
  readonly share: number;
}

/** What tolerances did, out of fold, on prompts with the labels of the whole pool (algorithms: chosen on other rows). */
export interface ToleranceTable {
  readonly pool: readonly string[];
  readonly reference: string;
  readonly points: readonly TolerancePoint[];
}

export interface TolerancePoint {
  readonly tolerance: number;
  readonly qualityRatio: number;
  readonly saving: number;
}

/** Where the tolerance is to be used: the table only speaks of the same. */
export interface Asked {
  readonly candidates: readonly string[];
  readonly reference: string;
  readonly gate: Gate;
  readonly margin: number;
}

export type MappedTarget =
  | { readonly tolerance: number }
  /** Why there is none, for a person, and the nearest share that can be reached. */
  | { readonly problem: string; readonly nearest?: number };

/** The tolerance that aims at a target: the largest saving within a quality loss, or the best quality with a saving. */
export function toleranceFor(target: Target, table: ToleranceTable | undefined, asked: Asked): MappedTarget {
  const mismatch = whyTableDoesNotSpeak(table, asked);
  if (mismatch !== undefined || table === undefined) return { problem: mismatch ?? "there is no table" };
  const [gain, cost] =
    target.kind === "max_quality_loss"
      ? [(point: TolerancePoint) => point.saving, (point: TolerancePoint) => 1 - point.qualityRatio]
      : [(point: TolerancePoint) => point.qualityRatio, (point: TolerancePoint) => -point.saving];
  const limit = target.kind === "max_quality_loss" ? target.share : -target.share;
  const reaching = table.points.filter((point) => cost(point) <= limit);
  const [best] = reaching.toSorted((a, b) => gain(b) - gain(a) || a.tolerance - b.tolerance);
  if (best) return { tolerance: best.tolerance };
  const nearest = Math.abs(Math.min(...table.points.map(cost)));
  return { problem: `no tolerance reaches it; the nearest is ${target.kind} ${nearest.toFixed(4)}`, nearest };
}

function whyTableDoesNotSpeak(table: ToleranceTable | undefined, asked: Asked): string | undefined {
  if (table === undefined || table.points.length === 0) return "the bundle has no tolerance table";
  const pool = new Set(table.pool);
  const isSamePool =
    pool.size === asked.candidates.length && asked.candidates.every((name) => pool.has(name));
  if (!isSamePool) return `the bundle's tolerance table is for the candidates ${table.pool.join(", ")}`;
  if (table.reference !== asked.reference) {
    return `the bundle's tolerance table has the reference ${table.reference}, the router ${asked.reference}`;
  }
  if (asked.gate !== "dynamic_max" || asked.margin !== 0) {
    return "the bundle's tolerance table is for the gate dynamic_max without a margin";
  }
  return undefined;
}
