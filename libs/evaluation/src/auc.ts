import type { Statistic } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";
import { type Ranking, rankingOf, weightedAuc } from "./ranking.ts";

/** Scores above this count as a good answer where a metric needs two classes. */
export const goodScore = 0.5;
/** A source with fewer good or fewer bad answers says nothing about ranking inside it. */
export const minClassRows = 5;

/**
 * The chance that a good answer (score above 0.5) was estimated higher than a bad one, ties counted half; NaN where
 * there are not both.
 */
export function aucOf(estimates: Matrix, scores: Matrix, candidate: number): Statistic {
  return weightedAuc(rank(estimates, scores, candidate, labelledRows(scores, candidate)));
}

/**
 * The same inside each source, weighted by its rows: what is left when recognising the kind of task does not count.
 * Sources with fewer than 5 good or 5 bad answers are left out.
 */
export function aucWithinSources(
  estimates: Matrix,
  scores: Matrix,
  candidate: number,
  sources: readonly (string | undefined)[],
): Statistic {
  const bySource = Map.groupBy(labelledRows(scores, candidate), (row) => sources[row]);
  const aucs = [...bySource]
    .filter(([source]) => source !== undefined)
    .map(([, rows]) => rank(estimates, scores, candidate, rows))
    .filter(({ good, bad }) => good >= minClassRows && bad >= minClassRows)
    .map((ranking) => ({ auc: weightedAuc(ranking), rows: ranking.good + ranking.bad }));
  return (weights) => {
    let sum = 0;
    let mass = 0;
    for (const { auc, rows } of aucs) {
      const own = auc(weights);
      if (Number.isNaN(own)) continue;
      sum += own * rows;
      mass += rows;
    }
    return mass === 0 ? Number.NaN : sum / mass;
  };
}

function labelledRows(scores: Matrix, candidate: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < scores.rows; row++) {
    if (!Number.isNaN(cell(scores, row, candidate))) rows.push(row);
  }
  return rows;
}

function rank(estimates: Matrix, scores: Matrix, candidate: number, rows: readonly number[]): Ranking {
  return rankingOf(rows, {
    estimate: (row) => cell(estimates, row, candidate),
    isGood: (row) => cell(scores, row, candidate) > goodScore,
  });
}
