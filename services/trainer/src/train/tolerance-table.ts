import type { RoutingPoint, ToleranceTable } from "@ipr/estimator";
import { cell, choicesAt, gateSteps, type Matrix, settingsOf, utilitySteps } from "@ipr/evaluation";
import { meansOf } from "../evaluate/sample.ts";
import type { PoolSample } from "./pool-sample.ts";

/** How many steps from the first setting of a rule to its last. */
const steps = 50;

/**
 * What each tolerance of the default gate, and each price weight of the utility rule, did out of fold; or why that cannot
 * be said.
 */
export function toleranceTable(sample: PoolSample | string): ToleranceTable | string {
  if (typeof sample === "string") return sample;
  const { pool, scores, estimates, expectedCostsUsd } = sample;
  const { reference } = meansOf(sample);
  const gate = gateSteps(estimates, expectedCostsUsd, reference);
  const utility = utilitySteps(estimates, expectedCostsUsd);
  const lambdas = settingsOf(utility);
  return {
    pool,
    reference: pool[reference]!,
    rows: scores.rows,
    points: range(steps).map((step) => {
      const tolerance = step / steps;
      return { tolerance, ...pointOf(choicesAt(gate, tolerance), sample, reference) };
    }),
    // Evenly spread over the weights at which some prompt's choice changes.
    priceWeights: range(steps).map((step) => {
      const lambda = rounded(lambdas[Math.round((step / steps) * (lambdas.length - 1))]!);
      return { lambda, ...pointOf(choicesAt(utility, lambda), sample, reference) };
    }),
  };
}

function pointOf(
  chosen: Uint8Array,
  { scores, costsUsd }: Pick<PoolSample, "scores" | "costsUsd">,
  reference: number,
): RoutingPoint {
  const total = (matrix: Matrix, choice: (row: number) => number): number =>
    chosen.reduce((sum, _choice, row) => sum + cell(matrix, row, choice(row)), 0);
  const ratioOf = (matrix: Matrix): number =>
    total(matrix, (row) => chosen[row]!) / total(matrix, () => reference);
  return { qualityRatio: rounded(ratioOf(scores)), saving: rounded(1 - ratioOf(costsUsd)) };
}

function range(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, step) => step);
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
