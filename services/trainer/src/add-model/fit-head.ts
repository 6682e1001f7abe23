import { type Design, type LinearFit, linearValue, pickRows, type Pull, type Regression } from "./design.ts";
import { combine, type Direction, honestValue } from "./directions.ts";
import type { HiddenRows } from "./hidden-rows.ts";
import { peerDirections } from "./peer-directions.ts";
import { type UnitBasis, unitBasis, unitWeights, writeCoordinates } from "./unit-basis.ts";

export interface HeadProblem {
  readonly hidden: HiddenRows;
  /** One label a row. */
  readonly labels: Float64Array;
  /** The heads of the other candidates. */
  readonly peers: readonly ArrayLike<number>[];
  /** The fold that a row was held out of when the trunk was trained; undefined for a row it was not trained on. */
  readonly heldOutOf: (row: number) => number | undefined;
  /** The part of the rows that a row is validated with, 0 to `validationParts` - 1. */
  readonly partOf: (row: number) => number;
  readonly regression: Regression;
}

export interface FittedHead {
  readonly head: Direction;
  /** For each row what a head says that was fitted without the row's part. */
  readonly crossValidated: Float64Array;
}

export const validationParts = 5;
/** How strongly the new head is pulled to saying what the others say on average: as ten rows or so would. */
const peerStrength = 10;
/** How strongly it is pulled away from reading the hidden units by itself. The last is as good as not reading them. */
const unitStrengths = [3, 10, 30, 100, 1000];

/**
 * Fits a head for a new candidate on a hidden layer that stays as it is. Each fold has a regression of its own on what
 * the others' heads say (their mean, which it is pulled to follow one to one, and the components they differ in) and on
 * the fold's hidden units; the ensemble is their mean. How much the hidden units may say is chosen by cross-validation
 * within the rows: with a hundred labels little, with a thousand much.
 *
 * What the others say of a row comes from the network that has not seen the row. Their estimates of rows they were
 * trained on know the others' labels there, which a new prompt does not come with.
 */
export function fitHead(problem: HeadProblem): FittedHead {
  const { hidden, peers, heldOutOf, partOf } = problem;
  const directions = peerDirections(peers, hidden, heldOutOf);
  const folds = Array.from({ length: hidden.folds }, (_, fold) => readFold(problem, directions, fold));
  const parts = Array.from({ length: validationParts }, (_, part) =>
    splitRows(hidden.rows, (row) => partOf(row) === part),
  ).filter(({ inside }) => inside.length > 0);

  let best = { loss: Number.POSITIVE_INFINITY, strength: unitStrengths[0]!, values: new Float64Array() };
  for (const strength of unitStrengths) {
    const values = crossValidate(problem, folds, parts, strength);
    const loss = values.reduce(
      (sum, value, row) => sum + problem.regression.loss(value, problem.labels[row]!),
      0,
    );
    if (loss < best.loss) best = { loss, strength, values };
  }
  const head = new Float64Array(hidden.folds * (hidden.units + 1));
  for (const [fold, reading] of folds.entries()) {
    const fit = problem.regression.fit(reading.design, problem.labels, pullOf(reading, best.strength));
    head.set(foldHead(reading, directions, hidden, fit), fold * (hidden.units + 1));
  }
  return { head, crossValidated: best.values };
}

/** What a fold's regression reads: the peers' directions, then coordinates of its hidden units. */
interface FoldReading {
  readonly design: Design;
  readonly basis: UnitBasis;
  readonly peerColumns: number;
}

function readFold(
  { hidden, heldOutOf }: HeadProblem,
  directions: readonly Direction[],
  fold: number,
): FoldReading {
  const basis = unitBasis(hidden, fold);
  const peerColumns = directions.length;
  const columns = peerColumns + basis.count;
  const values = new Float64Array(hidden.rows * columns);
  for (let row = 0; row < hidden.rows; row++) {
    for (const [k, direction] of directions.entries()) {
      values[row * columns + k] = honestValue(direction, hidden, row, heldOutOf(row));
    }
    writeCoordinates(basis, hidden, row, values, row * columns + peerColumns);
  }
  return { design: { rows: hidden.rows, columns, values }, basis, peerColumns };
}

function pullOf({ design: { columns }, peerColumns }: FoldReading, unitStrength: number): Pull {
  const strength = new Float64Array(columns).fill(unitStrength).fill(peerStrength, 0, peerColumns);
  const towards = new Float64Array(columns);
  if (peerColumns > 0) towards[0] = 1;
  return { strength, towards };
}

interface Part {
  readonly inside: readonly number[];
  readonly outside: readonly number[];
}

function crossValidate(
  { hidden, labels, regression }: HeadProblem,
  folds: readonly FoldReading[],
  parts: readonly Part[],
  strength: number,
): Float64Array<ArrayBuffer> {
  const values = new Float64Array(hidden.rows);
  for (const { inside, outside } of parts) {
    const known = Float64Array.from(outside, (row) => labels[row]!);
    for (const reading of folds) {
      const fit = regression.fit(pickRows(reading.design, outside), known, pullOf(reading, strength));
      for (const row of inside) values[row]! += linearValue(reading.design, row, fit) / folds.length;
    }
  }
  return values;
}

/** A fold's fit as weights of its hidden units and a bias. */
function foldHead(
  { basis, peerColumns }: FoldReading,
  directions: readonly Direction[],
  { units }: HiddenRows,
  { intercept, coefficients }: LinearFit,
): Float64Array {
  const head = unitWeights(basis, coefficients.subarray(peerColumns));
  if (peerColumns > 0) {
    const from = basis.fold * (units + 1);
    const byPeers = combine(directions, coefficients).subarray(from, from + units + 1);
    for (let i = 0; i < head.length; i++) head[i]! += byPeers[i]!;
  }
  head[units]! += intercept;
  return head;
}

function splitRows(rows: number, isInside: (row: number) => boolean): Part {
  const inside: number[] = [];
  const outside: number[] = [];
  for (let row = 0; row < rows; row++) (isInside(row) ? inside : outside).push(row);
  return { inside, outside };
}
