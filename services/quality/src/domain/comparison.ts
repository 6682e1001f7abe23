import { rankCorrelation } from "./rank-correlation.ts";

/** The estimate of one candidate, as it is or would be answered. */
export interface ComparedEstimate {
  readonly candidate: string;
  readonly quality: number;
}

/** How two estimates of the same prompts differ. */
export interface ComparisonSummary {
  readonly prompts: number;
  /** Spearman's, mean over prompts with two candidates or more; undefined while there is none. */
  readonly rankCorrelation: number | undefined;
  /** By tolerance, the share of prompts where other candidates clear the threshold. */
  readonly feasible: readonly { readonly tolerance: number; readonly share: number }[];
  readonly candidates: readonly CandidateDifference[];
}

export interface CandidateDifference {
  readonly candidate: string;
  readonly prompts: number;
  /** Shadow minus served. */
  readonly meanDifference: number;
  readonly meanAbsoluteDifference: number;
}

/** One prompt's part of the comparison. */
export interface PromptDifference {
  readonly meanAbsoluteDifference: number;
  /** Whether another candidate is best. */
  readonly bestDiffers: boolean;
}

/** At the first, only the best candidate clears the threshold. */
const comparedTolerances = [0, 0.05, 0.1, 0.2] as const;

interface CandidateSums {
  prompts: number;
  difference: number;
  absoluteDifference: number;
}

/** Sums over prompts; what it keeps is bounded by the candidates of the two bundles. */
export class Comparison {
  #prompts = 0;
  #ranked = 0;
  #rankCorrelation = 0;
  readonly #differingSets = comparedTolerances.map(() => 0);
  readonly #candidates = new Map<string, CandidateSums>();

  /** Adds one prompt. Candidates that only one of the two knows are left out; undefined, and nothing added, when none is left. */
  add(
    served: readonly ComparedEstimate[],
    shadow: readonly ComparedEstimate[],
  ): PromptDifference | undefined {
    const shadowQuality = new Map(shadow.map(({ candidate, quality }) => [candidate, quality]));
    const pairs = served.flatMap(({ candidate, quality }) => {
      const other = shadowQuality.get(candidate);
      return other === undefined ? [] : [{ candidate, served: quality, shadow: other }];
    });
    if (pairs.length === 0) return undefined;

    for (const pair of pairs) this.#addCandidate(pair.candidate, pair.shadow - pair.served);
    const qualities = pairs.map((pair) => pair.served);
    const others = pairs.map((pair) => pair.shadow);
    const differing = comparedTolerances.map((tolerance) => feasibleDiffers(qualities, others, tolerance));
    differing.forEach((differs, i) => {
      if (differs) this.#differingSets[i]! += 1;
    });
    if (pairs.length > 1) {
      this.#ranked += 1;
      this.#rankCorrelation += rankCorrelation(qualities, others);
    }
    this.#prompts += 1;
    const absolute = pairs.reduce((sum, pair) => sum + Math.abs(pair.shadow - pair.served), 0);
    return { meanAbsoluteDifference: absolute / pairs.length, bestDiffers: differing[0]! };
  }

  summary(): ComparisonSummary {
    return {
      prompts: this.#prompts,
      rankCorrelation: this.#ranked === 0 ? undefined : this.#rankCorrelation / this.#ranked,
      feasible: comparedTolerances.map((tolerance, i) => ({
        tolerance,
        share: this.#prompts === 0 ? 0 : this.#differingSets[i]! / this.#prompts,
      })),
      candidates: Array.from(this.#candidates, ([candidate, sums]) => ({
        candidate,
        prompts: sums.prompts,
        meanDifference: sums.difference / sums.prompts,
        meanAbsoluteDifference: sums.absoluteDifference / sums.prompts,
      })),
    };
  }

  #addCandidate(candidate: string, difference: number): void {
    const sums = this.#candidates.get(candidate) ?? { prompts: 0, difference: 0, absoluteDifference: 0 };
    sums.prompts += 1;
    sums.difference += difference;
    sums.absoluteDifference += Math.abs(difference);
    this.#candidates.set(candidate, sums);
  }
}

function feasibleDiffers(served: readonly number[], shadow: readonly number[], tolerance: number): boolean {
  const clears = (qualities: readonly number[]) => {
    const threshold = (1 - tolerance) * Math.max(...qualities);
    return qualities.map((quality) => quality >= threshold);
  };
  const inShadow = clears(shadow);
  return clears(served).some((isFeasible, i) => isFeasible !== inShadow[i]);
}
