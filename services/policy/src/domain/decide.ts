import { type Rule, thresholdOf } from "./threshold.ts";

/** A candidate that fits every hard constraint, as the rule sees it. */
export interface Option {
  readonly name: string;
  /** 0..1; undefined when there is no estimate. */
  readonly quality: number | undefined;
  /** Undefined when unknown, which is not zero. */
  readonly costUsd: number | undefined;
}

export interface Choice {
  readonly chosen: Option;
  readonly threshold: number;
  /** Those that could be chosen, the choice first, each the next best by the same rule. */
  readonly feasible: readonly Option[];
  /** Why it was chosen although it is not feasible; undefined when it is. */
  readonly exception: "nothing_reaches_threshold" | "every_price_unknown" | undefined;
}

/**
 * Picks the cheapest option whose quality estimate reaches the threshold.
 *
 * An option without an estimate or with an unknown cost is not considered, nor does it move the threshold. When every
 * cost is unknown, or nothing reaches the threshold, the predicted best is taken. Ties: equal cost, the higher
 * estimate; then the order of the options. Undefined when no option has an estimate.
 */
export function decide(options: readonly Option[], rule: Rule): Choice | undefined {
  const estimated = options.filter(hasQuality);
  const priced = estimated.filter(hasCost);
  const contenders = priced.length > 0 ? priced : estimated;
  const best = contenders.toSorted(byQualityThenCost)[0];
  if (best === undefined) return undefined;
  const threshold = thresholdOf(
    contenders.map(({ quality }) => quality),
    rule,
  );
  if (priced.length === 0) return { chosen: best, threshold, feasible: [], exception: "every_price_unknown" };
  const feasible = priced.filter(({ quality }) => quality >= threshold).toSorted(byCostThenQuality);
  const [chosen] = feasible;
  if (chosen === undefined) {
    return { chosen: best, threshold, feasible, exception: "nothing_reaches_threshold" };
  }
  return { chosen, threshold, feasible, exception: undefined };
}

/** Who answers when there is nothing to decide by: the reference if it fits, else the cheapest that does. */
export function standIn(options: readonly Option[], reference: string): Option | undefined {
  return options.find(({ name }) => name === reference) ?? options.toSorted(byCostThenQuality)[0];
}

/** Who to try when the choice fails: the other feasible ones by the rule, then the rest that fits by its estimates. */
export function fallbacks(options: readonly Option[], choice: Choice | undefined, served: Option): Option[] {
  const feasible = choice?.feasible ?? [];
  const rest = options.filter((option) => !feasible.includes(option)).toSorted(byQualityThenCost);
  return [...feasible, ...rest].filter((option) => option !== served);
}

type Estimated = Option & { readonly quality: number };

function hasQuality(option: Option): option is Estimated {
  return option.quality !== undefined;
}

function hasCost(option: Estimated): option is Estimated & { readonly costUsd: number } {
  return option.costUsd !== undefined;
}

/** Sorting is stable, so what is equal here keeps the order of the options. Unknown costs come last. */
function byCostThenQuality(a: Option, b: Option): number {
  return (
    compare(a.costUsd ?? Number.POSITIVE_INFINITY, b.costUsd ?? Number.POSITIVE_INFINITY) || byQuality(a, b)
  );
}

/** Options without an estimate come last. */
function byQualityThenCost(a: Option, b: Option): number {
  return byQuality(a, b) || byCostThenQuality(a, b);
}

function byQuality(a: Option, b: Option): number {
  return compare(b.quality ?? -1, a.quality ?? -1);
}

/** Not a subtraction: that of two infinities is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
