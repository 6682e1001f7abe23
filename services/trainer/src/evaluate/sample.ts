import { cell, columnMeans, createMatrix, type Matrix, type Truth } from "@ipr/evaluation";

/** Prompts with all that is known and estimated of every candidate of the pool. */
export interface Sample extends Truth {
  readonly sources: readonly (string | undefined)[];
  readonly estimates: Matrix;
  /** What a rule believes an answer will cost; `costsUsd` is what it did cost. */
  readonly expectedCostsUsd: Matrix;
}

/** What a pool's candidates are on average, on the prompts that settings are chosen on. */
export interface Means {
  readonly quality: Float64Array;
  readonly costUsd: Float64Array;
  readonly cheapest: number;
  readonly reference: number;
}

/** The cheapest candidate is that of lowest mean cost, the reference that of highest mean quality. */
export function meansOf({ scores, costsUsd }: Truth): Means {
  const quality = columnMeans(scores);
  const costUsd = columnMeans(costsUsd);
  const columns = [...quality.keys()];
  const byCost = (a: number, b: number) => costUsd[a]! - costUsd[b]!;
  const byQuality = (a: number, b: number) => quality[b]! - quality[a]!;
  return {
    quality,
    costUsd,
    cheapest: columns.toSorted((a, b) => byCost(a, b) || byQuality(a, b))[0]!,
    reference: columns.toSorted((a, b) => byQuality(a, b) || byCost(a, b))[0]!,
  };
}

export function rowsOf(sample: Sample, rows: readonly number[]): Sample {
  const pick = (matrix: Matrix) =>
    createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, rows[row]!, column));
  return {
    sources: rows.map((row) => sample.sources[row]),
    scores: pick(sample.scores),
    costsUsd: pick(sample.costsUsd),
    estimates: pick(sample.estimates),
    expectedCostsUsd: pick(sample.expectedCostsUsd),
  };
}
