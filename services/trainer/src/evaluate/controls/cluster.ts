import { cell, createMatrix, type Matrix, seededRandom, shuffledIndexes } from "@ipr/evaluation";

const maxIterations = 12;
/** Centres move no more with further rows. */
const maxFittedRows = 4_000;

/** Puts rows into at most `count` groups of near vectors (k-means from spread-out first centres); equal seeds, equal groups. */
export function cluster(
  vectors: Matrix,
  { count, seed }: { readonly count: number; readonly seed: number },
): Uint8Array {
  const random = seededRandom(seed);
  const order = shuffledIndexes(vectors.rows, random).slice(0, maxFittedRows);
  const fitted = createMatrix(order.length, vectors.columns, (row, column) =>
    cell(vectors, order[row]!, column),
  );
  let centres = firstCentres(fitted, Math.min(count, fitted.rows));
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    centres = meansOfGroups(fitted, nearest(fitted, centres), centres);
  }
  return nearest(vectors, centres);
}

/** The first row, then always the row that is furthest from the centres so far. */
function firstCentres(vectors: Matrix, count: number): Matrix {
  const chosen = [0];
  const distances = new Float64Array(vectors.rows).fill(Number.POSITIVE_INFINITY);
  while (chosen.length < count) {
    const last = chosen.at(-1)!;
    let furthest = 0;
    for (let row = 0; row < vectors.rows; row++) {
      distances[row] = Math.min(distances[row]!, distance(vectors, row, vectors, last));
      if (distances[row]! > distances[furthest]!) furthest = row;
    }
    if (distances[furthest] === 0) break;
    chosen.push(furthest);
  }
  return createMatrix(chosen.length, vectors.columns, (row, column) => cell(vectors, chosen[row]!, column));
}

function nearest(vectors: Matrix, centres: Matrix): Uint8Array {
  return Uint8Array.from({ length: vectors.rows }, (_, row) => {
    let best = 0;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (let centre = 0; centre < centres.rows; centre++) {
      const own = distance(vectors, row, centres, centre);
      if (own < bestDistance) [best, bestDistance] = [centre, own];
    }
    return best;
  });
}

/** A centre that lost all its rows stays where it was. */
function meansOfGroups(vectors: Matrix, groups: Uint8Array, centres: Matrix): Matrix {
  const sums = createMatrix(centres.rows, centres.columns, () => 0);
  const rows = new Uint32Array(centres.rows);
  for (let row = 0; row < vectors.rows; row++) {
    const group = groups[row]!;
    rows[group]! += 1;
    for (let column = 0; column < vectors.columns; column++)
      sums.values[group * vectors.columns + column]! += cell(vectors, row, column);
  }
  return createMatrix(centres.rows, centres.columns, (group, column) =>
    rows[group] === 0 ? cell(centres, group, column) : cell(sums, group, column) / rows[group]!,
  );
}

function distance(a: Matrix, rowOfA: number, b: Matrix, rowOfB: number): number {
  const [fromA, fromB] = [rowOfA * a.columns, rowOfB * b.columns];
  let sum = 0;
  for (let column = 0; column < a.columns; column++)
    sum += (a.values[fromA + column]! - b.values[fromB + column]!) ** 2;
  return sum;
}
