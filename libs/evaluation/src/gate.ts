import { cell, type Matrix, sameShape } from "./matrix.ts";
import { collectSteps, type EmitStep, type Steps } from "./steps.ts";

/**
 * The paper's rule for every tolerance: the cheapest candidate whose estimate is at least (1 - tolerance) times the
 * best one. Equal costs go to the higher estimate, then to the earlier candidate.
 *
 * A curve that ends at the reference needs settings stricter than tolerance 0. Below 0 the rule asks a candidate to
 * beat the reference by the share |tolerance| and otherwise takes the reference. These settings belong to the curve
 * only: a router's tolerance starts at 0.
 */
export function gateSteps(estimates: Matrix, expectedCostsUsd: Matrix, reference: number): Steps {
  sameShape(estimates, expectedCostsUsd);
  return collectSteps(estimates, (row, emit) => {
    const rank = costRanks(estimates, expectedCostsUsd, row);
    const estimate = (candidate: number) => cell(estimates, row, candidate);
    const best = Math.max(...rank.keys().map(estimate));

    emit(Number.NEGATIVE_INFINITY, reference);
    const leadNeeded = (candidate: number) => 1 - estimate(candidate) / estimate(reference);
    if (estimate(reference) > 0)
      takeCheaper(rank, leadNeeded, { from: Number.NEGATIVE_INFINITY, to: 0 }, emit);
    const toleranceNeeded = (candidate: number) => (best > 0 ? 1 - estimate(candidate) / best : 0);
    takeCheaper(rank, toleranceNeeded, { from: 0, to: Number.POSITIVE_INFINITY }, emit);
  });
}

/** Position of each candidate in order of price for this row; the cheapest is 0. */
function costRanks(estimates: Matrix, costsUsd: Matrix, row: number): Uint8Array {
  const order = Array.from({ length: estimates.columns }, (_, column) => column).toSorted(
    (a, b) =>
      cell(costsUsd, row, a) - cell(costsUsd, row, b) ||
      cell(estimates, row, b) - cell(estimates, row, a) ||
      a - b,
  );
  const rank = new Uint8Array(order.length);
  for (const [position, candidate] of order.entries()) rank[candidate] = position;
  return rank;
}

/** Candidates become feasible one after another as the setting rises; each that is the cheapest so far is a step. */
function takeCheaper(
  rank: Uint8Array,
  feasibleFrom: (candidate: number) => number,
  settings: { readonly from: number; readonly to: number },
  emit: EmitStep,
): void {
  const arrivals = [...rank.keys()]
    .map((candidate) => ({ candidate, from: feasibleFrom(candidate) }))
    .filter(({ from }) => from >= settings.from && from < settings.to)
    .toSorted((a, b) => a.from - b.from || rank[b.candidate]! - rank[a.candidate]!);
  let cheapest = Number.POSITIVE_INFINITY;
  for (const { candidate, from } of arrivals) {
    if (rank[candidate]! >= cheapest) continue;
    cheapest = rank[candidate]!;
    emit(from, candidate);
  }
}
