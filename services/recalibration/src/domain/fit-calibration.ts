import { applyPlatt, crossEntropy, identityPlatt, type Platt, sigmoid } from "@ipr/estimator";

/** One lesson: what was estimated for the candidate that answered, and how the answer was judged. */
export interface Pair {
  /** The estimate before online calibration, in log-odds. */
  readonly logit: number;
  /** In [0, 1]. */
  readonly reward: number;
  /** 1 / propensity, clipped; positive. */
  readonly weight: number;
}

export interface CalibrationFit {
  readonly map: Platt;
  readonly pairs: number;
  /** (sum of weights)^2 / sum of squared weights: how many equally weighted pairs would say as much. */
  readonly effectivePairs: number;
}

/**
 * How strongly the fit is held to "change nothing", in effective pairs: with as many, data and prior count the same, and
 * one pair moves an estimate by at most a few hundredths.
 */
const priorPairs = 20;
/** What one pair at even odds tells about the log-odds. */
const informationPerPair = 0.25;
const priorPrecision = priorPairs * informationPerPair;

/** The slope stays positive, so that the map keeps the order of estimates. */
export const minSlope = 0.05;
export const maxSlope = 20;

const maxNewtonSteps = 50;
const maxHalvings = 40;
const converged = 1e-10;

/**
 * Weighted Platt scaling, shrunk to the identity by the effective number of pairs.
 *
 * Minimises the cross-entropy, with the weights scaled to sum to the effective number of pairs, plus a quadratic pull to
 * slope 1 and to no shift. The pull makes the minimum unique and finite for any data: one pair, or rewards all alike.
 *
 * Shift and slope are taken about the mean logit of the pairs, where they hardly depend on each other. Taken about zero,
 * one surprise at a high logit would be explained by a flatter slope, which moves every other estimate far.
 */
export function fitCalibration(pairs: readonly Pair[]): CalibrationFit {
  const effectivePairs = effectiveCount(pairs);
  if (effectivePairs === 0) return { map: identityPlatt, pairs: 0, effectivePairs: 0 };
  const sum = pairs.reduce((total, { weight }) => total + weight, 0);
  const centre = pairs.reduce((total, { logit, weight }) => total + weight * logit, 0) / sum;
  const centred = {
    pairs: pairs.map((pair) => ({ ...pair, logit: pair.logit - centre })),
    scale: effectivePairs / sum,
    centre,
  };
  const identity = { slope: 1, intercept: centre };
  const free = minimise(centred, identity, false);
  const slope = Math.min(Math.max(free.slope, minSlope), maxSlope);
  // On the edge, the best intercept is another one.
  const best = slope === free.slope ? free : minimise(centred, { ...free, slope }, true);
  const map = { slope: best.slope, intercept: best.intercept - best.slope * centre };
  return { map, pairs: pairs.length, effectivePairs };
}

/** The pairs with logits from their mean, which is `centre`: there the identity is slope 1 and intercept `centre`. */
interface CentredPairs {
  readonly pairs: readonly Pair[];
  readonly scale: number;
  readonly centre: number;
}

export function effectiveCount(pairs: readonly Pair[]): number {
  let [sum, squares] = [0, 0];
  for (const { weight } of pairs) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Newton's method; a step that does not get lower is halved. */
function minimise(data: CentredPairs, start: Platt, keepsSlope: boolean): Platt {
  let map = start;
  let value = loss(data, map);
  for (let step = 0; step < maxNewtonSteps; step++) {
    const direction = newtonDirection(data, map, keepsSlope);
    let size = 1;
    let next = along(map, direction, size);
    let nextValue = loss(data, next);
    for (let halving = 0; nextValue > value && halving < maxHalvings; halving++) {
      size /= 2;
      next = along(map, direction, size);
      nextValue = loss(data, next);
    }
    if (nextValue > value) return map;
    const moved = size * (Math.abs(direction.slope) + Math.abs(direction.intercept));
    [map, value] = [next, nextValue];
    if (moved < converged) return map;
  }
  return map;
}

function along(map: Platt, direction: Platt, size: number): Platt {
  return {
    slope: map.slope + size * direction.slope,
    intercept: map.intercept + size * direction.intercept,
  };
}

function loss({ pairs, scale, centre }: CentredPairs, map: Platt): number {
  let sum = 0;
  for (const { logit, reward, weight } of pairs) {
    const z = map.intercept + map.slope * logit;
    sum += weight * crossEntropy(z, reward);
  }
  const pull = (map.slope - 1) ** 2 + (map.intercept - centre) ** 2;
  return scale * sum + (priorPrecision / 2) * pull;
}

function newtonDirection({ pairs, scale, centre }: CentredPairs, map: Platt, keepsSlope: boolean): Platt {
  let [bySlope, byIntercept, slopeSlope, slopeIntercept, interceptIntercept] = [0, 0, 0, 0, 0];
  for (const { logit, reward, weight } of pairs) {
    const estimate = sigmoid(map.intercept + map.slope * logit);
    const residual = weight * (estimate - reward);
    const curvature = weight * estimate * (1 - estimate);
    bySlope += residual * logit;
    byIntercept += residual;
    slopeSlope += curvature * logit * logit;
    slopeIntercept += curvature * logit;
    interceptIntercept += curvature;
  }
  const gradientSlope = scale * bySlope + priorPrecision * (map.slope - 1);
  const gradientIntercept = scale * byIntercept + priorPrecision * (map.intercept - centre);
  const a = scale * slopeSlope + priorPrecision;
  const b = scale * slopeIntercept;
  const c = scale * interceptIntercept + priorPrecision;
  if (keepsSlope) return { slope: 0, intercept: -gradientIntercept / c };
  const determinant = a * c - b * b;
  return {
    slope: -(c * gradientSlope - b * gradientIntercept) / determinant,
    intercept: -(a * gradientIntercept - b * gradientSlope) / determinant,
  };
}

export interface PairMeans {
  readonly pairs: number;
  /** Of the estimates before online calibration. */
  readonly meanEstimate: number;
  readonly meanReward: number;
}

export function meansOf(pairs: readonly Pair[]): PairMeans {
  let [estimates, rewards] = [0, 0];
  for (const { logit, reward } of pairs) {
    estimates += sigmoid(applyPlatt(logit, identityPlatt));
    rewards += reward;
  }
  const count = Math.max(pairs.length, 1);
  return { pairs: pairs.length, meanEstimate: estimates / count, meanReward: rewards / count };
}
