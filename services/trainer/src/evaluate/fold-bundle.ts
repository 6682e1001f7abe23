import { type Bundle, type Estimator, foldCount, withoutFold } from "@ipr/estimator";
import { foldOf } from "../train/rows.ts";

/**
 * One estimator for each fold of a bundle, and the fold of a prompt. A fold's estimator was trained without the prompts
 * of its fold, so its estimates of them are out of fold: fit for choosing settings, where the whole ensemble's are
 * not. Candidates that were added later leave the same prompts out. Undefined for a bundle that does not say how its folds
 * were drawn.
 */
export interface Folds {
  readonly estimators: readonly Estimator[];
  readonly foldOf: (text: string) => number;
}

export function foldsOf(bundle: Bundle): Folds | undefined {
  const { seed, folds } = bundle.manifest.training;
  if (typeof seed !== "number" || typeof folds !== "number" || folds < 2) return undefined;
  if (folds !== foldCount(bundle)) return undefined;
  return {
    estimators: Array.from({ length: folds }, (_, fold) => withoutFold(bundle, fold)),
    foldOf: (text) => foldOf(text, { seed, folds }),
  };
}
