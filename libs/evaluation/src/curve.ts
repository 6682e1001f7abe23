import { sharedAcross, type Statistic } from "./bootstrap.ts";
import { firstAtLeast } from "./first-at-least.ts";
import { cell, type Matrix } from "./matrix.ts";
import { acrossBatch, batchSize } from "./resamples.ts";
import type { Steps } from "./steps.ts";
import { knownMeans, total } from "./sums.ts";

/** What really happened: each candidate's score and cost for each prompt. */
export interface Truth {
  readonly scores: Matrix;
  readonly costsUsd: Matrix;
}

/** The two candidates that span the plane of cost and quality, chosen on training data. */
export interface Ends {
  readonly cheapest: number;
  readonly reference: number;
}

/** Mean cost and quality per prompt at each setting of a rule. */
export interface Points {
  readonly costUsd: Float64Array;
  readonly quality: Float64Array;
}

export type Curve = (weights: Float64Array) => Points;

/**
 * The cost and quality a rule reaches at each of the (rising) settings. Only changes of choice are stored and summed,
 * so a resample costs as many additions as there are steps, however many settings are looked at.
 */
export function curveOf(steps: Steps, settings: Float64Array, { scores, costsUsd }: Truth): Curve {
  const rowStart = new Uint32Array(steps.rows + 1);
  const positions: number[] = [];
  const qualityChanges: number[] = [];
  const costChanges: number[] = [];
  for (let row = 0; row < steps.rows; row++) {
    let [quality, costUsd] = [0, 0];
    for (let step = steps.rowStart[row]!; step < steps.rowStart[row + 1]!; step++) {
      const isFirst = step === steps.rowStart[row];
      const position = isFirst ? 0 : firstAtLeast(settings, steps.from[step]!);
      if (position === settings.length) break;
      const candidate = steps.candidate[step]!;
      positions.push(position);
      qualityChanges.push(cell(scores, row, candidate) - quality);
      costChanges.push(cell(costsUsd, row, candidate) - costUsd);
      quality = cell(scores, row, candidate);
      costUsd = cell(costsUsd, row, candidate);
    }
    rowStart[row + 1] = positions.length;
  }
  const changes = {
    positions: Uint16Array.from(positions),
    quality: Float64Array.from(qualityChanges),
    costUsd: Float64Array.from(costChanges),
  };
  return acrossBatch(({ weights, counts }) => {
    const [quality, costUsd] = [
      new Float64Array(batchSize * settings.length),
      new Float64Array(batchSize * settings.length),
    ];
    for (let row = 0; row < steps.rows; row++) {
      const at = batchSize * row;
      const w1 = counts[at]!;
      const w2 = counts[at + 1]!;
      const w3 = counts[at + 2]!;
      const w4 = counts[at + 3]!;
      for (let change = rowStart[row]!; change < rowStart[row + 1]!; change++) {
        const to = batchSize * changes.positions[change]!;
        const ofQuality = changes.quality[change]!;
        const ofCost = changes.costUsd[change]!;
        quality[to]! += w1 * ofQuality;
        quality[to + 1]! += w2 * ofQuality;
        quality[to + 2]! += w3 * ofQuality;
        quality[to + 3]! += w4 * ofQuality;
        costUsd[to]! += w1 * ofCost;
        costUsd[to + 1]! += w2 * ofCost;
        costUsd[to + 2]! += w3 * ofCost;
        costUsd[to + 3]! += w4 * ofCost;
      }
    }
    return weights.map((own, lane) => ({
      quality: runningMean(quality, lane, total(own)),
      costUsd: runningMean(costUsd, lane, total(own)),
    }));
  });
}

/**
 * Mean cost and quality of each candidate, as points in the order of the columns. Summed once for all that ask. Scores
 * and costs that nobody knows do not count.
 */
export function candidatePoints({ scores, costsUsd }: Truth): Curve {
  const [quality, costUsd] = [knownMeans(scores), knownMeans(costsUsd)];
  return sharedAcross((weights) => ({ quality: quality(weights), costUsd: costUsd(weights) }));
}

/** The curve that has only some of another curve's points. */
export function pointsOf(curve: Curve, indexes: readonly number[]): Curve {
  return (weights) => {
    const { costUsd, quality } = curve(weights);
    return {
      quality: Float64Array.from(indexes, (index) => quality[index]!),
      costUsd: Float64Array.from(indexes, (index) => costUsd[index]!),
    };
  };
}

/**
 * Area under quality against cost, both scaled so that the cheapest candidate is 0 and the reference 1. The curve is
 * the points with cost in [0, 1] plus (0, 0) and (1, 1), joined by straight lines in order of cost: mixing the two
 * ends at random has area 0.5, and above 1 is possible where routing beats the reference.
 *
 * `singles` are the `candidatePoints` of the same truth. NaN where the ends do not differ in cost or in quality: there
 * is nothing to trade then.
 */
export function areaOf(curve: Curve, ends: Ends, singles: Curve): Statistic {
  return (weights) => trapezoids(scaled(curve(weights), singles(weights), ends));
}

/**
 * The same under the non-decreasing concave envelope of the points: what the rule reaches when two of its settings
 * may share the traffic (Bounded-ARQGC of the IPR paper).
 */
export function envelopeAreaOf(curve: Curve, ends: Ends, singles: Curve): Statistic {
  return (weights) => trapezoids(envelope(scaled(curve(weights), singles(weights), ends)));
}

/** 0.5 is random mixing, 1 the per-prompt oracle; NaN where the oracle wins nothing over mixing. */
export function rescaledArea(area: number, oracleArea: number): number {
  if (oracleArea === 0.5) return Number.NaN;
  return 0.5 + (0.5 * (area - 0.5)) / (oracleArea - 0.5);
}

export type ScaledPoint = readonly [cost: number, quality: number];

/** The curve in the unit of its ends, in order of cost, ends included. */
export function scaled(
  points: Points,
  singles: Points,
  { cheapest, reference }: Ends,
): readonly ScaledPoint[] {
  const [startUsd, endUsd] = [singles.costUsd[cheapest]!, singles.costUsd[reference]!];
  const [startQuality, endQuality] = [singles.quality[cheapest]!, singles.quality[reference]!];
  if (endUsd === startUsd || endQuality === startQuality) return [];
  const inside: ScaledPoint[] = [
    [0, 0],
    [1, 1],
  ];
  for (let index = 0; index < points.costUsd.length; index++) {
    const cost = (points.costUsd[index]! - startUsd) / (endUsd - startUsd);
    const quality = (points.quality[index]! - startQuality) / (endQuality - startQuality);
    if (cost >= 0 && cost <= 1) inside.push([cost, quality]);
  }
  return inside.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The non-decreasing concave hull above points in order of cost. */
export function envelope(points: readonly ScaledPoint[]): readonly ScaledPoint[] {
  const hull: ScaledPoint[] = [];
  for (const point of points) {
    while (hull.length > 1 && isBelow(hull.at(-1)!, hull.at(-2)!, point)) hull.pop();
    hull.push(point);
  }
  const top = hull.findIndex(
    (point, index) => (hull[index + 1]?.[1] ?? Number.NEGATIVE_INFINITY) <= point[1],
  );
  return top === -1 ? hull : [...hull.slice(0, top + 1), [1, hull[top]![1]]];
}

function isBelow(middle: ScaledPoint, left: ScaledPoint, right: ScaledPoint): boolean {
  return (middle[1] - left[1]) * (right[0] - left[0]) <= (right[1] - left[1]) * (middle[0] - left[0]);
}

function trapezoids(points: readonly ScaledPoint[]): number {
  if (points.length === 0) return Number.NaN;
  let area = 0;
  for (let index = 1; index < points.length; index++) {
    const [left, right] = [points[index - 1]!, points[index]!];
    area += ((right[0] - left[0]) * (left[1] + right[1])) / 2;
  }
  return area;
}

/** Means after each change of one lane. */
function runningMean(changes: Float64Array, lane: number, mass: number): Float64Array {
  let sum = 0;
  return Float64Array.from({ length: changes.length / batchSize }, (_, position) => {
    sum += changes[batchSize * position + lane]!;
    return sum / mass;
  });
}
