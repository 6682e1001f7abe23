import type { Statistic } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";

/** Scores above this count as a good answer where a metric needs two classes. */
export const goodScore = 0.5;
/** A source with fewer good or fewer bad answers says nothing about ranking inside it. */
export const minClassRows = 5;

/** Prompts of one candidate in rising order of its estimate: all that a ranking metric needs. */
interface Ranking {
  readonly rows: Uint32Array;
  readonly isGood: Uint8Array;
  /** 1 where the estimate equals the one before: such pairs count half. */
  readonly isTied: Uint8Array;
}

/**
 * The chance that a good answer (score above 0.5) was estimated higher than a bad one, ties counted half; NaN where
 * there are not both.
 */
export function aucOf(estimates: Matrix, scores: Matrix, candidate: number): Statistic {
  const ranking = rank(estimates, scores, candidate, labelledRows(scores, candidate));
  return (weights) => weightedAuc(ranking, weights);
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
  const rankings = [...bySource]
    .filter(([source]) => source !== undefined)
    .map(([, rows]) => rank(estimates, scores, candidate, rows))
    .filter(({ isGood }) => {
      const good = isGood.reduce((sum, flag) => sum + flag, 0);
      return good >= minClassRows && isGood.length - good >= minClassRows;
    });
  return (weights) => {
    let sum = 0;
    let mass = 0;
    for (const ranking of rankings) {
      const auc = weightedAuc(ranking, weights);
      if (Number.isNaN(auc)) continue;
      sum += auc * ranking.rows.length;
      mass += ranking.rows.length;
    }
    return mass === 0 ? Number.NaN : sum / mass;
  };
}

function labelledRows(scores: Matrix, candidate: number): number[] {
  return Array.from({ length: scores.rows }, (_, row) => row).filter(
    (row) => !Number.isNaN(cell(scores, row, candidate)),
  );
}

function rank(estimates: Matrix, scores: Matrix, candidate: number, rows: readonly number[]): Ranking {
  const estimate = (row: number) => cell(estimates, row, candidate);
  const ordered = rows.toSorted((a, b) => estimate(a) - estimate(b));
  return {
    rows: Uint32Array.from(ordered),
    isGood: Uint8Array.from(ordered, (row) => Number(cell(scores, row, candidate) > goodScore)),
    isTied: Uint8Array.from(ordered, (row, index) =>
      Number(index > 0 && estimate(row) === estimate(ordered[index - 1]!)),
    ),
  };
}

function weightedAuc({ rows, isGood, isTied }: Ranking, weights: Float64Array): number {
  let [goodBelow, badBelow, good, bad, wins] = [0, 0, 0, 0, 0];
  for (let index = 0; index < rows.length; index++) {
    if (isTied[index] === 0) {
      wins += good * (badBelow + bad / 2);
      goodBelow += good;
      badBelow += bad;
      good = 0;
      bad = 0;
    }
    const weight = weights[rows[index]!]!;
    if (isGood[index] === 1) good += weight;
    else bad += weight;
  }
  wins += good * (badBelow + bad / 2);
  return wins / ((goodBelow + good) * (badBelow + bad));
}
