import { type Design, type LinearFit, linearValue, pickRows, type Pull, type Regression } from "./design.ts";
import { combine, type Direction, honestValue } from "./directions.ts";
import type { HiddenRows } from "./hidden-rows.ts";
import { peerDirections } from "./peer-directions.ts";
import { divideRows, honestMean, type Part, rowsWithout } from "./divide-rows.ts";
import { type UnitBasis, unitBasis, unitWeights, writeCoordinates } from "./unit-basis.ts";

export interface HeadProblem {
  readonly hidden: HiddenRows;
  /** One label a row. */
  readonly labels: Float64Array;
  /** The heads of the other candidates. */
  readonly peers: readonly ArrayLike<number>[];
  /** The fold that a row was held out of when the trunk was trained; undefined for a row it was not trained on. */
  readonly heldOutOf: (row: number) => number | undefined;
  /** The fold whose head leaves a row out, so that it has estimates out of fold; undefined where there are no folds. */
  readonly foldOf: (row: number) => number | undefined;
  /** The part of the rows that a row is validated with, 0 to `validationParts` - 1. */
  readonly partOf: (row: number) => number;
  readonly regression: Regression;
}

export interface FittedHead {
  readonly head: Direction;
  /** By fold, what it says of each row. */
  readonly said: readonly Float64Array[];
  readonly parts: readonly ValidatedPart[];
}

/** A part of the rows, and by fold what heads say of every row that were fitted without the part. */
export interface ValidatedPart extends Part {
  readonly said: readonly Float64Array[];
}

/** How strongly the new head is pulled to saying what the others say on average: as ten rows or so would. */
const peerStrength = 10;
/** How strongly it is pulled away from reading the hidden units by itself. The last is as good as not reading them. */
const unitStrengths = [3, 10, 30, 100, 1000];

/**
 * Fits a head for a new candidate on a hidden layer that stays as it is. Each fold has a regression of its own on what
 * the others' heads say (their mean, which it is pulled to follow one to one, and the components they differ in) and on
 * the fold's hidden units; the ensemble is their mean. How much the hidden units may say is chosen by cross-validation
 * within the rows: with a hundred labels little, with a thousand much. As when it is trained with the others, a fold's head
 * leaves the rows of its fold out.
 *
 * What the others say of a row comes from the network that has not seen the row. Their estimates of rows they were
 * trained on know the others' labels there, which a new prompt does not come with.
 */
export function fitHead(problem: HeadProblem): FittedHead {
  const { hidden, peers, heldOutOf, partOf } = problem;
  const directions = peerDirections(peers, hidden, heldOutOf);
  const folds = Array.from({ length: hidden.folds }, (_, fold) => readFold(problem, directions, fold));
  const parts = divideRows(hidden.rows, partOf);
  let best = { loss: Number.POSITIVE_INFINITY, strength: unitStrengths[0]!, parts: [] as ValidatedPart[] };
  for (const strength of unitStrengths) {
    const validated = parts.map((part) => ({
      ...part,
      said: folds.map((reading) => sayAll(reading, fitRows(problem, reading, part.outside, strength))),
    }));
    const values = honestMean(crossValidated(validated), heldOutOf);
    const loss = values.reduce(
      (sum, value, row) => sum + problem.regression.loss(value, problem.labels[row]!),
      0,
    );
    if (loss < best.loss) best = { loss, strength, parts: validated };
  }
  const fits = folds.map((reading, fold) =>
    fitRows(problem, reading, rowsWithout(problem, fold), best.strength),
  );
  const head = new Float64Array(hidden.folds * (hidden.units + 1));
  for (const [fold, reading] of folds.entries()) {
    head.set(foldHead(reading, directions, hidden, fits[fold]!), fold * (hidden.units + 1));
  }
  return { head, said: folds.map((reading, fold) => sayAll(reading, fits[fold]!)), parts: best.parts };
}

/** By fold, for each row, what was said of it by who was fitted without its part. */
export function crossValidated(parts: readonly ValidatedPart[]): Float64Array[] {
  const values = parts[0]!.said.map((said) => said.slice());
  for (const { inside, said } of parts) {
    for (const row of inside) for (const [fold, own] of values.entries()) own[row] = said[fold]![row]!;
  }
  return values;
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

function fitRows(
  { labels, regression }: HeadProblem,
  reading: FoldReading,
  rows: readonly number[],
  strength: number,
): LinearFit {
  const known = Float64Array.from(rows, (row) => labels[row]!);
  return regression.fit(pickRows(reading.design, rows), known, pullOf(reading, strength));
}

function sayAll({ design }: FoldReading, fit: LinearFit): Float64Array {
  return Float64Array.from({ length: design.rows }, (_, row) => linearValue(design, row, fit));
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
