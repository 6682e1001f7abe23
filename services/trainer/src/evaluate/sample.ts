import { cell, columnMeans, createMatrix, type Matrix, type Truth } from "@ipr/evaluation";

/** Prompts with all that is known and estimated of every candidate of the pool. */
export interface Sample extends Truth {
  readonly sources: readonly (string | undefined)[];
  readonly estimates: Matrix;
  /** What a rule believes an answer will cost; `costsUsd` is what it did cost. */
  readonly expectedCostsUsd: Matrix;
}

/** Some of the prompts of a sample, in the order given. */
export function rowsOfSample(sample: Sample, rows: ArrayLike<number>): Sample {
  const pick = (matrix: Matrix) =>
    createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, rows[row]!, column));
  return {
    sources: Array.from(rows, (row) => sample.sources[row]),
    scores: pick(sample.scores),
    costsUsd: pick(sample.costsUsd),
    estimates: pick(sample.estimates),
    expectedCostsUsd: pick(sample.expectedCostsUsd),
  };
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

/** Candidates that another one beats in price without being worse: a router gains nothing from keeping them. */
export function dominatedNotes(sample: Truth, candidates: readonly string[]): readonly string[] {
  const { quality, costUsd } = meansOf(sample);
  const dominated = candidates.filter((_, candidate) =>
    quality.some((other, index) => costUsd[index]! < costUsd[candidate]! && other >= quality[candidate]!),
  );
  if (dominated.length === 0) return [];
  return [
    `dearer than another candidate and on average not better, so worth dropping: ${dominated.join(", ")}`,
  ];
}
