import type { Adapter, Bundle, TrunkModel } from "@ipr/estimator";
import { foldOf } from "../train/rows.ts";

type Estimator = Pick<Bundle, "trunk" | "candidates">;

/**
 * One estimator for each fold of a bundle, and the fold of a prompt. A fold's network was trained without the prompts
 * of its fold, so its estimates of them are out of fold: fit for choosing settings, where the whole ensemble's are
 * not. Undefined for a bundle that does not say how its folds were drawn.
 */
export interface Folds {
  readonly estimators: readonly Estimator[];
  readonly foldOf: (text: string) => number;
}

export function foldsOf({ manifest, trunk, candidates }: Bundle): Folds | undefined {
  const { seed, folds } = manifest.training;
  if (typeof seed !== "number" || folds !== trunk.folds || folds < 2) return undefined;
  const estimators = Array.from({ length: folds }, (_, fold) => ({
    trunk: trunkOf(trunk, fold),
    candidates: candidates.map((candidate) => ({
      ...candidate,
      adapter: candidate.adapter && adapterOf(candidate.adapter, fold),
    })),
  }));
  return { estimators, foldOf: (text) => foldOf(text, { seed, folds }) };
}

function trunkOf(trunk: TrunkModel, fold: number): TrunkModel {
  const { folds, hidden } = trunk;
  const rows = trunk.weights.length / (folds * hidden);
  const weights = new Float32Array(rows * hidden);
  for (let row = 0; row < rows; row++) {
    const from = (row * folds + fold) * hidden;
    weights.set(trunk.weights.subarray(from, from + hidden), row * hidden);
  }
  return { ...trunk, folds: 1, weights };
}

function adapterOf({ folds, quality, tokens }: Adapter, fold: number): Adapter {
  const part = (head: Float32Array) => {
    const length = head.length / folds;
    return head.slice(fold * length, (fold + 1) * length);
  };
  return { folds: 1, quality: part(quality), tokens: tokens && part(tokens) };
}
