import type { Random } from "@ipr/evaluation";

/** Points of equal length, one after the other. */
export interface Points {
  readonly rows: number;
  readonly dimension: number;
  readonly values: Float32Array;
}

/** Moves of the centres; after these they hardly move. */
const lloydSweeps = 5;

/** The cluster of each point, 0 to `count` - 1: k-means, seeded by k-means++. Some clusters may be empty. */
export function clusterPoints(points: Points, count: number, random: Random): Int32Array {
  const centres = seedCentres(points, count, random);
  const owner = new Int32Array(points.rows);
  for (let sweep = 0; sweep < lloydSweeps; sweep++) {
    assignOwners(points, centres, owner);
    moveCentres(points, centres, owner);
  }
  assignOwners(points, centres, owner);
  return owner;
}

/** k-means++: each next centre is drawn with a chance in proportion to its squared distance from those there are. */
function seedCentres({ rows, dimension, values }: Points, count: number, random: Random): Float32Array {
  const centres = new Float32Array(count * dimension);
  const away = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let next = Math.floor(random() * rows);
  for (let k = 0; k < count; k++) {
    const centre = values.subarray(next * dimension, (next + 1) * dimension);
    centres.set(centre, k * dimension);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      away[row] = Math.min(away[row]!, squaredDistance(values, row * dimension, centre, 0, dimension));
      total += away[row]!;
    }
    let left = random() * total;
    next = away.findIndex((square) => (left -= square) <= 0);
    if (next < 0) next = rows - 1;
  }
  return centres;
}

/** Gives each point to its nearest centre. */
function assignOwners({ rows, dimension, values }: Points, centres: Float32Array, owner: Int32Array): void {
  const count = centres.length / dimension;
  for (let row = 0; row < rows; row++) {
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      const square = squaredDistance(values, row * dimension, centres, k * dimension, dimension);
      if (square >= best) continue;
      best = square;
      owner[row] = k;
    }
  }
}

/** Each centre goes to the mean of its points; one without points stays. */
function moveCentres({ rows, dimension, values }: Points, centres: Float32Array, owner: Int32Array): void {
  const count = centres.length / dimension;
  const sums = new Float64Array(centres.length);
  const sizes = new Int32Array(count);
  for (let row = 0; row < rows; row++) {
    sizes[owner[row]!]!++;
    const to = owner[row]! * dimension;
    for (let i = 0; i < dimension; i++) sums[to + i]! += values[row * dimension + i]!;
  }
  for (let k = 0; k < count; k++) {
    if (sizes[k] === 0) continue;
    for (let i = 0; i < dimension; i++) centres[k * dimension + i] = sums[k * dimension + i]! / sizes[k]!;
  }
}

function squaredDistance(
  a: Float32Array,
  from: number,
  b: Float32Array,
  at: number,
  dimension: number,
): number {
  let sum = 0;
  for (let i = 0; i < dimension; i++) {
    const difference = a[from + i]! - b[at + i]!;
    sum += difference * difference;
  }
  return sum;
}
