import { cell, columnMeans, createMatrix, type Matrix } from "./matrix.ts";

/**
 * What a predictor says that knows only where a prompt came from: each candidate's mean training score on that
 * source, and its mean over all sources where the source is unknown or has no label. A control: skill beyond this
 * is skill on the prompt itself.
 */
export function sourceMeans(
  train: { readonly scores: Matrix; readonly sources: readonly (string | undefined)[] },
  sources: readonly (string | undefined)[],
): Matrix {
  const columns = train.scores.columns;
  const overall = columnMeans(train.scores);
  const rowsBySource = Map.groupBy(train.sources.keys(), (row) => train.sources[row]);
  const means = new Map(
    [...rowsBySource]
      .filter(([source]) => source !== undefined)
      .map(([source, rows]) => {
        const scores = createMatrix(rows.length, columns, (row, column) =>
          cell(train.scores, rows[row]!, column),
        );
        return [source, columnMeans(scores)] as const;
      }),
  );
  return createMatrix(sources.length, columns, (row, column) => {
    const mean = means.get(sources[row])?.[column] ?? Number.NaN;
    return Number.isNaN(mean) ? overall[column]! : mean;
  });
}
