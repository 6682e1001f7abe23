import type { TolerancePoint, ToleranceTable } from "@ipr/estimator";
import { cell, choicesAt, gateSteps, type Matrix } from "@ipr/evaluation";
import { meansOf } from "../evaluate/sample.ts";
import type { PoolSample } from "./pool-sample.ts";

const steps = 50;

/** What each tolerance did, out of fold, with the default gate; or why that cannot be said. */
export function toleranceTable(sample: PoolSample | string): ToleranceTable | string {
  if (typeof sample === "string") return sample;
  const { pool, scores, costsUsd, estimates, expectedCostsUsd } = sample;
  const { reference } = meansOf(sample);
  const choices = gateSteps(estimates, expectedCostsUsd, reference);
  const points = Array.from({ length: steps + 1 }, (_, step): TolerancePoint => {
    const tolerance = step / steps;
    const chosen = choicesAt(choices, tolerance);
    const total = (matrix: Matrix, choice: (row: number) => number): number =>
      chosen.reduce((sum, _choice, row) => sum + cell(matrix, row, choice(row)), 0);
    const ratioOf = (matrix: Matrix): number =>
      total(matrix, (row) => chosen[row]!) / total(matrix, () => reference);
    return {
      tolerance,
      qualityRatio: rounded(ratioOf(scores)),
      saving: rounded(1 - ratioOf(costsUsd)),
    };
  });
  return { pool, reference: pool[reference]!, rows: scores.rows, points };
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
