import { cell, createMatrix, type Matrix, maxCandidates, type Truth } from "@ipr/evaluation";
import {
  answerCosts,
  assumedOutputTokens,
  expectedCosts,
  meanOutputTokens,
  type Price,
} from "../evaluate/costs.ts";
import type { LabelledRow } from "./rows.ts";

/** Out-of-fold estimates of the pool for some prompts. */
export interface PoolEstimates {
  readonly pool: readonly string[];
  readonly prompts: readonly LabelledRow[];
  /** Calibrated quality by prompt and candidate. */
  readonly quality: Matrix;
  readonly outputTokens: Matrix;
}

/** The prompts with the labels of the whole pool: what routing between its candidates would have done to them. */
export interface PoolSample extends Truth {
  readonly pool: readonly string[];
  readonly estimates: Matrix;
  readonly expectedCostsUsd: Matrix;
}

/** Fewer prompts than this say nothing of routing: the figures would be noise. */
export const minPoolRows = 100;

/** Puts estimates, labels and prices together; or says why routing in this pool cannot be judged. */
export function poolSample(
  { pool, prompts, quality, outputTokens }: PoolEstimates,
  prices: ReadonlyMap<string, Price>,
): PoolSample | string {
  const unpriced = pool.filter((name) => !prices.has(name));
  if (unpriced.length > 0) return `no price of ${unpriced.join(", ")}`;
  if (pool.length < 2) return "a pool of one candidate leaves nothing to choose";
  if (pool.length > maxCandidates) {
    return `${pool.length} candidates; a table is made for at most ${maxCandidates}`;
  }
  const complete = [...prompts.keys()].filter((row) =>
    pool.every((name) => prompts[row]!.scores[name] !== undefined),
  );
  if (complete.length < minPoolRows) {
    return `${complete.length} prompts have the labels of all ${pool.length} candidates; ${minPoolRows} are needed`;
  }

  const rows = complete.map((row) => prompts[row]!);
  const pick = (matrix: Matrix): Matrix =>
    createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, complete[row]!, column));
  const poolPrices = pool.map((name) => prices.get(name)!);
  const fallback = pool.map((name) => meanOutputTokens(rows, name) ?? assumedOutputTokens);
  return {
    pool,
    scores: createMatrix(rows.length, pool.length, (row, column) => rows[row]!.scores[pool[column]!]!),
    costsUsd: answerCosts(rows, pool, poolPrices, fallback),
    estimates: pick(quality),
    expectedCostsUsd: expectedCosts(rows, pick(outputTokens), poolPrices, fallback),
  };
}
