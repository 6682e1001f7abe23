import type { Statistic } from "./bootstrap.ts";
import { cell, type Matrix, sameShape } from "./matrix.ts";
import { meanOf, weightedSum } from "./sums.ts";

/**
 * How much of the scores' variation the estimates explain, pooled over candidates, against each candidate's mean on
 * the training rows: 0 is what that constant reaches, 1 is perfect, below 0 is worse than not reading the prompt.
 */
export function rSquared(estimates: Matrix, scores: Matrix, trainMeans: ArrayLike<number>): Statistic {
  sameShape(estimates, scores);
  const left = perRow(scores, (row, column, score) => (score - cell(estimates, row, column)) ** 2);
  const atMean = perRow(scores, (_, column, score) => (score - trainMeans[column]!) ** 2);
  return (weights) => 1 - weightedSum(left, weights) / weightedSum(atMean, weights);
}

/** Mean absolute error over every labelled pair of prompt and candidate. */
export function meanAbsoluteError(estimates: Matrix, scores: Matrix): Statistic {
  sameShape(estimates, scores);
  const errors = perRow(scores, (row, column, score) => Math.abs(score - cell(estimates, row, column)));
  const pairs = perRow(scores, () => 1);
  return (weights) => weightedSum(errors, weights) / weightedSum(pairs, weights);
}

/** Share of prompts whose predicted best candidate (first among equals) is one of the best in truth. */
export function topOneAccuracy(estimates: Matrix, scores: Matrix): Statistic {
  const hits = Float64Array.from({ length: scores.rows }, (_, row) =>
    Number(cell(scores, row, bestColumn(estimates, row)) === bestScore(scores, row)),
  );
  return meanOf(hits);
}

/**
 * F1 of "this candidate is among the best", averaged over candidates. A prompt counts against a candidate's recall
 * only when the one predicted was not among the best either: equals are not errors.
 */
export function bestSetF1(estimates: Matrix, scores: Matrix): Statistic {
  const predicted = Uint8Array.from({ length: scores.rows }, (_, row) => bestColumn(estimates, row));
  const missedIn = Array.from({ length: scores.rows }, (_, row) => {
    const best = bestScore(scores, row);
    const columns = Array.from({ length: scores.columns }, (_, column) => column);
    return cell(scores, row, predicted[row]!) === best
      ? undefined
      : Uint8Array.from(columns.filter((column) => cell(scores, row, column) === best));
  });
  return (weights) => {
    const right = new Float64Array(scores.columns);
    const wrong = new Float64Array(scores.columns);
    const missed = new Float64Array(scores.columns);
    for (let row = 0; row < scores.rows; row++) {
      const weight = weights[row]!;
      const choice = predicted[row]!;
      const others = missedIn[row];
      if (others === undefined) {
        right[choice]! += weight;
        continue;
      }
      if (weight === 0) continue;
      wrong[choice]! += weight;
      for (const column of others) missed[column]! += weight;
    }
    let sum = 0;
    let counted = 0;
    for (let column = 0; column < scores.columns; column++) {
      const mass = 2 * right[column]! + wrong[column]! + missed[column]!;
      if (mass === 0) continue;
      sum += (2 * right[column]!) / mass;
      counted += 1;
    }
    return sum / counted;
  };
}

function perRow(scores: Matrix, term: (row: number, column: number, score: number) => number): Float64Array {
  return Float64Array.from({ length: scores.rows }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < scores.columns; column++) {
      const score = cell(scores, row, column);
      if (!Number.isNaN(score)) sum += term(row, column, score);
    }
    return sum;
  });
}

function bestColumn(estimates: Matrix, row: number): number {
  let best = 0;
  for (let column = 1; column < estimates.columns; column++) {
    if (cell(estimates, row, column) > cell(estimates, row, best)) best = column;
  }
  return best;
}

function bestScore(scores: Matrix, row: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let column = 0; column < scores.columns; column++) best = Math.max(best, cell(scores, row, column));
  return best;
}
