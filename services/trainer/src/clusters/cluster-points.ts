import { type Random, shuffledIndexes } from "@ipr/evaluation";

/** Points of equal length, one after the other. */
export interface Points<Values extends Numbers = Numbers> {
  readonly rows: number;
  readonly dimension: number;
  readonly values: Values;
}

type Numbers = Float16Array | Float32Array | Float64Array;

/** Where the centres begin: the points that they begin at. */
export type Start = (points: Points, count: number, random: Random) => Uint32Array;

export interface ClusterOptions {
  /** At most this many clusters; some may be empty. */
  readonly count: number;
  readonly random: Random;
  readonly start: Start;
  /** How often the centres move. */
  readonly sweeps: number;
  /** Centres are found on at most this many points, drawn at random; all when absent. */
  readonly fittedRows?: number;
}

/** The cluster of each point: k-means (Lloyd's algorithm). */
export function clusterPoints(points: Points, options: ClusterOptions): Uint32Array {
  const { count, random, start, sweeps, fittedRows } = options;
  const fitted =
    fittedRows === undefined
      ? points
      : pointsAt(points, shuffledIndexes(points.rows, random).subarray(0, fittedRows));
  const centres = pointsAt(fitted, start(fitted, Math.min(count, fitted.rows), random));
  for (let sweep = 0; sweep < sweeps; sweep++) moveCentres(fitted, centres, ownersOf(fitted, centres));
  return ownersOf(points, centres);
}

/** k-means++: each next centre is drawn with a chance in proportion to its squared distance from those there are. */
export const drawnStart: Start = (points, count, random) => {
  const chosen = new Uint32Array(count);
  const away = new Float64Array(points.rows).fill(Number.POSITIVE_INFINITY);
  let next = Math.floor(random() * points.rows);
  for (let k = 0; k < count; k++) {
    chosen[k] = next;
    shortenTo(points, next, away);
    let left = random() * away.reduce((sum, square) => sum + square, 0);
    next = away.findIndex((square) => (left -= square) <= 0);
    if (next < 0) next = points.rows - 1;
  }
  return chosen;
};

/** The first point, then always the one that is furthest from those there are; fewer where the others are the same. */
export const spreadStart: Start = (points, count) => {
  const chosen = [0];
  const away = new Float64Array(points.rows).fill(Number.POSITIVE_INFINITY);
  while (chosen.length < count) {
    shortenTo(points, chosen.at(-1)!, away);
    const furthest = away.reduce((best, square, row) => (square > away[best]! ? row : best), 0);
    if (away[furthest] === 0) break;
    chosen.push(furthest);
  }
  return Uint32Array.from(chosen);
};

/** Makes each point's squared distance from its nearest centre that from `centre`, where it is less. */
function shortenTo(points: Points, centre: number, away: Float64Array): void {
  for (let row = 0; row < points.rows; row++) {
    away[row] = Math.min(away[row]!, squaredDistance(points, row, points, centre));
  }
}

function pointsAt({ dimension, values }: Points, rows: Uint32Array): Points<Float64Array> {
  const picked = new Float64Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) {
    picked.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  }
  return { rows: rows.length, dimension, values: picked };
}

function ownersOf(points: Points, centres: Points): Uint32Array {
  const owner = new Uint32Array(points.rows);
  for (let row = 0; row < points.rows; row++) {
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < centres.rows; k++) {
      const square = squaredDistance(points, row, centres, k);
      if (square >= best) continue;
      best = square;
      owner[row] = k;
    }
  }
  return owner;
}

/** Each centre goes to the mean of its points; one without points stays. */
function moveCentres(
  { rows, dimension, values }: Points,
  centres: Points<Float64Array>,
  owner: Uint32Array,
): void {
  const sums = new Float64Array(centres.values.length);
  const sizes = new Uint32Array(centres.rows);
  for (let row = 0; row < rows; row++) {
    sizes[owner[row]!]!++;
    const to = owner[row]! * dimension;
    for (let i = 0; i < dimension; i++) sums[to + i]! += values[row * dimension + i]!;
  }
  for (let k = 0; k < centres.rows; k++) {
    if (sizes[k] === 0) continue;
    for (let i = 0; i < dimension; i++) {
      centres.values[k * dimension + i] = sums[k * dimension + i]! / sizes[k]!;
    }
  }
}

function squaredDistance(a: Points, rowOfA: number, b: Points, rowOfB: number): number {
  const [from, at] = [rowOfA * a.dimension, rowOfB * b.dimension];
  let sum = 0;
  for (let i = 0; i < a.dimension; i++) {
    const difference = a.values[from + i]! - b.values[at + i]!;
    sum += difference * difference;
  }
  return sum;
}
