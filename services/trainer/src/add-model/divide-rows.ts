/** Rows that something is validated on, and those that it is fitted on. */
export interface Part {
  readonly inside: readonly number[];
  readonly outside: readonly number[];
}

/** How many parts rows are cross-validated in. */
export const validationParts = 5;

/** The parts that have rows. */
export function divideRows(rows: number, partOf: (row: number) => number): Part[] {
  const all = [...Array(rows).keys()];
  return Array.from({ length: validationParts }, (_, part) => ({
    inside: all.filter((row) => partOf(row) === part),
    outside: all.filter((row) => partOf(row) !== part),
  })).filter(({ inside }) => inside.length > 0);
}

/** The rows that a fold's part of a candidate is fitted on. */
export function rowsWithout(
  {
    hidden,
    foldOf,
  }: { readonly hidden: { readonly rows: number }; readonly foldOf: (row: number) => number | undefined },
  fold: number,
): number[] {
  return [...Array(hidden.rows).keys()].filter((row) => foldOf(row) !== fold);
}

/**
 * Row by row what is said by whom has not seen the row's labels: the fold that the row was held out of, or, for a row that is
 * new to all (`heldOutOf` undefined), the mean over folds.
 */
export function honestMean(
  byFold: readonly Float64Array[],
  heldOutOf: (row: number) => number | undefined,
): Float64Array {
  return Float64Array.from(byFold[0]!, (_, row) => {
    const fold = heldOutOf(row);
    if (fold !== undefined) return byFold[fold]![row]!;
    return byFold.reduce((sum, values) => sum + values[row]!, 0) / byFold.length;
  });
}
