import type { TolerancePoint, ToleranceTable } from "@ipr/estimator";
import { cell, choicesAt, createMatrix, gateSteps, type Matrix, maxCandidates } from "@ipr/evaluation";
import {
  answerCosts,
  assumedOutputTokens,
  expectedCosts,
  meanOutputTokens,
  type Price,
} from "../evaluate/costs.ts";
import { meansOf } from "../evaluate/sample.ts";
import type { LabelledRow } from "./rows.ts";

/** Out-of-fold estimates of the pool for some prompts. */
export interface PoolEstimates {
  readonly pool: readonly string[];
  readonly prompts: readonly LabelledRow[];
  /** Calibrated quality by prompt and candidate. */
  readonly quality: Matrix;
  readonly outputTokens: Matrix;
}

/** Fewer prompts than this make no table: the figures would be noise. */
export const minTableRows = 100;

const steps = 50;

/** What each tolerance did, out of fold, with the default gate; or why that cannot be said. */
export function toleranceTable(
  { pool, prompts, quality, outputTokens }: PoolEstimates,
  prices: ReadonlyMap<string, Price>,
): ToleranceTable | string {
  const unpriced = pool.filter((name) => !prices.has(name));
  if (unpriced.length > 0) return `no price of ${unpriced.join(", ")}`;
  if (pool.length < 2) return "a pool of one candidate leaves nothing to choose";
  const complete = [...prompts.keys()].filter((row) =>
    pool.every((name) => prompts[row]!.scores[name] !== undefined),
  );
  if (complete.length < minTableRows) {
    return `${complete.length} prompts have the labels of all ${pool.length} candidates; ${minTableRows} are needed`;
  }

  if (pool.length > maxCandidates) {
    return `${pool.length} candidates; a table is made for at most ${maxCandidates}`;
  }

  const rows = complete.map((row) => prompts[row]!);
  const pick = (matrix: Matrix): Matrix =>
    createMatrix(rows.length, matrix.columns, (row, column) => cell(matrix, complete[row]!, column));
  const poolPrices = pool.map((name) => prices.get(name)!);
  const fallback = pool.map((name) => meanOutputTokens(rows, name) ?? assumedOutputTokens);
  const truth = {
    scores: createMatrix(rows.length, pool.length, (row, column) => rows[row]!.scores[pool[column]!]!),
    costsUsd: answerCosts(rows, pool, poolPrices, fallback),
  };
  const { reference } = meansOf(truth);
  const choices = gateSteps(
    pick(quality),
    expectedCosts(rows, pick(outputTokens), poolPrices, fallback),
    reference,
  );
  const total = (matrix: Matrix, choice: (row: number) => number): number =>
    rows.reduce((sum, _, row) => sum + cell(matrix, row, choice(row)), 0);
  const points = Array.from({ length: steps + 1 }, (_, step): TolerancePoint => {
    const tolerance = step / steps;
    const chosen = choicesAt(choices, tolerance);
    const ratioOf = (matrix: Matrix): number =>
      total(matrix, (row) => chosen[row]!) / total(matrix, () => reference);
    return {
      tolerance,
      qualityRatio: rounded(ratioOf(truth.scores)),
      saving: rounded(1 - ratioOf(truth.costsUsd)),
    };
  });
  return { pool, reference: pool[reference]!, rows: rows.length, points };
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
