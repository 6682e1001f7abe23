import { cell, type Matrix, sameShape } from "./matrix.ts";
import { collectSteps, type Steps } from "./steps.ts";

/**
 * The utility rule for every price weight (lambda, in 1/USD, from 0 up): the candidate with the largest estimate
 * minus lambda times expected cost. Equals go to the cheaper, then to the earlier candidate.
 *
 * With true scores and true costs in place of estimates this is the per-prompt oracle.
 */
export function utilitySteps(estimates: Matrix, expectedCostsUsd: Matrix): Steps {
  sameShape(estimates, expectedCostsUsd);
  return collectSteps(estimates, (row, emit) => {
    const estimate = (candidate: number) => cell(estimates, row, candidate);
    const costUsd = (candidate: number) => cell(expectedCostsUsd, row, candidate);
    let current: number | undefined = 0;
    for (let other = 1; other < estimates.columns; other++) {
      const gain = estimate(other) - estimate(current);
      if (gain > 0 || (gain === 0 && costUsd(other) < costUsd(current))) current = other;
    }
    let lambda: number = 0;
    while (current !== undefined) {
      emit(lambda, current);
      let next: number | undefined;
      let nextLambda = Number.POSITIVE_INFINITY;
      for (let other = 0; other < estimates.columns; other++) {
        const savedUsd = costUsd(current) - costUsd(other);
        if (!(savedUsd > 0)) continue;
        const otherLambda = Math.max(lambda, (estimate(current) - estimate(other)) / savedUsd);
        const isEqual = otherLambda === nextLambda;
        if (otherLambda < nextLambda || (isEqual && next !== undefined && costUsd(other) < costUsd(next))) {
          next = other;
          nextLambda = otherLambda;
        }
      }
      current = next;
      lambda = nextLambda;
    }
  });
}
