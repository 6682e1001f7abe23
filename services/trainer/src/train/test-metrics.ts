import type { PredictionMetrics } from "@ipr/estimator";
import { aucOf, cell, createMatrix, type Matrix, meanAbsoluteError, rSquared } from "@ipr/evaluation";

/** R2, AUC and MAE of estimates; undefined when there is no label. `trainMeans` is what R2 is measured against. */
export function predictionMetrics(
  estimates: Matrix,
  scores: Matrix,
  trainMeans: ArrayLike<number>,
): PredictionMetrics | undefined {
  const labels = scores.values.reduce((count, score) => count + Number(!Number.isNaN(score)), 0);
  if (labels === 0) return undefined;
  const ones = new Float64Array(scores.rows).fill(1);
  const aucs = Array.from({ length: scores.columns }, (_, column) =>
    aucOf(estimates, scores, column)(ones),
  ).filter((auc) => !Number.isNaN(auc));
  return {
    r2: rounded(rSquared(estimates, scores, trainMeans)(ones)),
    auc: rounded(aucs.length === 0 ? 0.5 : aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length),
    mae: rounded(meanAbsoluteError(estimates, scores)(ones)),
    labels,
  };
}

/** The same for each part of the rows, by name. */
export function metricsByPart(
  estimates: Matrix,
  scores: Matrix,
  trainMeans: ArrayLike<number>,
  parts: readonly string[],
): Record<string, PredictionMetrics> {
  const byPart = Map.groupBy(parts.keys(), (row) => parts[row]!);
  const entries = [...byPart].flatMap(([part, rows]) => {
    const metrics = predictionMetrics(pick(estimates, rows), pick(scores, rows), trainMeans);
    return metrics === undefined ? [] : [[part, metrics] as const];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function pick(matrix: Matrix, rows: readonly number[]): Matrix {
  return createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, rows[row]!, column));
}

/** Six digits: what is kept in a manifest does not depend on the last bits of a sum. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : 0;
}
