import type { HiddenRows } from "./hidden-rows.ts";

/**
 * A linear reading of the hidden layer, laid out as an adapter's head: for each fold its weights, then a bias. What a
 * fold's network says is that fold's part alone; what the ensemble says is the mean over folds.
 */
export type Direction = Float64Array;

/** What one fold's network says of a row. */
export function foldValue(
  direction: ArrayLike<number>,
  { folds, units, values }: HiddenRows,
  row: number,
  fold: number,
): number {
  const weights = fold * (units + 1);
  const from = (row * folds + fold) * units;
  let value = direction[weights + units]!;
  for (let i = 0; i < units; i++) value += direction[weights + i]! * values[from + i]!;
  return value;
}

/**
 * What is said of a row by whom has not seen its labels: the network that the row was held out of, or, for a row that is
 * new to all (`heldOutOf` undefined), the ensemble.
 */
export function honestValue(
  direction: ArrayLike<number>,
  hidden: HiddenRows,
  row: number,
  heldOutOf: number | undefined,
): number {
  if (heldOutOf !== undefined) return foldValue(direction, hidden, row, heldOutOf);
  let sum = 0;
  for (let fold = 0; fold < hidden.folds; fold++) sum += foldValue(direction, hidden, row, fold);
  return sum / hidden.folds;
}

/** The sum of directions, each times its factor. */
export function combine(directions: readonly ArrayLike<number>[], factors: ArrayLike<number>): Direction {
  const sum = new Float64Array(directions[0]!.length);
  for (const [k, direction] of directions.entries()) {
    for (let i = 0; i < sum.length; i++) sum[i]! += factors[k]! * direction[i]!;
  }
  return sum;
}

/** The same direction less a constant. */
export function shifted(direction: Direction, { folds, units }: HiddenRows, by: number): Direction {
  const moved = direction.slice();
  for (let fold = 0; fold < folds; fold++) moved[fold * (units + 1) + units]! -= by;
  return moved;
}
