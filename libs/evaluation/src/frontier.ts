import type { Points } from "./curve.ts";

/**
 * The candidates on the static frontier: the best mixtures anyone can make without reading the prompt, from the
 * cheapest to the best one, given each candidate's mean cost and quality (on training data).
 */
export function staticFrontier({ costUsd, quality }: Points): readonly number[] {
  const order = Array.from(costUsd.keys()).toSorted(
    (a, b) => costUsd[a]! - costUsd[b]! || quality[b]! - quality[a]! || a - b,
  );
  const hull: number[] = [];
  for (const candidate of order) {
    const isNoGain = hull.length > 0 && quality[candidate]! <= quality[hull.at(-1)!]!;
    if (isNoGain) continue;
    while (hull.length > 1 && isDominated(hull.at(-1)!, hull.at(-2)!, candidate)) hull.pop();
    hull.push(candidate);
  }
  return hull;

  function isDominated(middle: number, left: number, right: number): boolean {
    const gain = (quality[middle]! - quality[left]!) * (costUsd[right]! - costUsd[left]!);
    return gain <= (quality[right]! - quality[left]!) * (costUsd[middle]! - costUsd[left]!);
  }
}

/** A static mixture: a share of the traffic to one candidate, the rest to another. */
export interface Mixture {
  readonly cheaper: number;
  readonly dearer: number;
  readonly dearerShare: number;
}

/** The cheapest mixture of neighbours on the frontier with at least the wanted mean quality. */
export function cheapestMixture(
  frontier: readonly number[],
  { quality }: Points,
  wantedQuality: number,
): Mixture {
  const [cheapest, ...others] = frontier;
  if (cheapest === undefined)
    throw new RangeError("cheapestMixture() needs a frontier of at least one candidate");
  let cheaper = cheapest;
  if (quality[cheaper]! >= wantedQuality) return { cheaper, dearer: cheaper, dearerShare: 0 };
  for (const dearer of others) {
    if (quality[dearer]! >= wantedQuality) {
      const dearerShare = (wantedQuality - quality[cheaper]!) / (quality[dearer]! - quality[cheaper]!);
      return { cheaper, dearer, dearerShare };
    }
    cheaper = dearer;
  }
  return { cheaper, dearer: cheaper, dearerShare: 0 };
}
