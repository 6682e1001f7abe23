import { sharedAcross, type Statistic } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";

/** Scores above this count as a good answer where a metric needs two classes. */
export const goodScore = 0.5;
/** A source with fewer good or fewer bad answers says nothing about ranking inside it. */
export const minClassRows = 5;

/** Prompts of one candidate in rising order of its estimate: all that a ranking metric needs. */
interface Ranking {
  readonly rows: Uint32Array;
  /** All bits set for a good answer, else 0; a mask, so that the sums below need no branch. */
  readonly isGood: Int32Array;
  /** End (exclusive) of each run of equal estimates; undefined where all differ. */
  readonly runEnds: Uint32Array | undefined;
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
      const good = isGood.reduce((sum, mask) => sum - mask, 0);
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
  const isRunEnd = (index: number) =>
    index === ordered.length || estimate(ordered[index]!) !== estimate(ordered[index - 1]!);
  const runEnds = Array.from(ordered, (_, index) => index + 1).filter(isRunEnd);
  return {
    rows: Uint32Array.from(ordered),
    isGood: Int32Array.from(ordered, (row) => (cell(scores, row, candidate) > goodScore ? -1 : 0)),
    runEnds: runEnds.length === ordered.length ? undefined : Uint32Array.from(runEnds),
  };
}

/** Weights count prompts: as integers they are summed without waiting for a floating-point addition each. */
const countsOf = sharedAcross((weights) => Int32Array.from(weights));

/** Sums over pairs of a good and a bad answer in one pass: this runs for each candidate and resample. */
function weightedAuc({ rows, isGood, runEnds }: Ranking, weights: Float64Array): number {
  const counts = countsOf(weights);
  return runEnds === undefined ? untiedAuc(rows, isGood, counts) : tiedAuc(rows, isGood, runEnds, counts);
}

function untiedAuc(rows: Uint32Array, isGood: Int32Array, counts: Int32Array): number {
  let [good, bad, wins] = [0, 0, 0];
  for (let index = 0; index < rows.length; index++) {
    const count = counts[rows[index]!]!;
    const goodCount = count & isGood[index]!;
    wins += goodCount * bad;
    good = (good + goodCount) | 0;
    bad = (bad + count - goodCount) | 0;
  }
  return wins / (good * bad);
}

function tiedAuc(rows: Uint32Array, isGood: Int32Array, runEnds: Uint32Array, counts: Int32Array): number {
  let [good, bad, wins, index] = [0, 0, 0, 0];
  for (const end of runEnds) {
    let [runGood, runBad] = [0, 0];
    for (; index < end; index++) {
      const count = counts[rows[index]!]!;
      const goodCount = count & isGood[index]!;
      runGood = (runGood + goodCount) | 0;
      runBad = (runBad + count - goodCount) | 0;
    }
    wins += runGood * (bad + runBad / 2);
    good += runGood;
    bad += runBad;
  }
  return wins / (good * bad);
}
