import { cutText } from "./cut-text.ts";
import { countNgrams, type NgramCounts, type SparseNgrams, weighNgrams } from "./ngrams.ts";
import { surfaceNumbers } from "./surface.ts";

/** What a trunk was trained to read. A bundle that names another version needs another build of this library. */
export const featuresVersion = "surface13-ngrams4096-v1";

/** A text longer than this is cut, head and tail kept, before its features are read. */
export const maxFeatureCharacters = 4096;

/** What is read from a prompt's text beside its embedding. */
export interface PromptFeatures {
  readonly surface: Float32Array;
  readonly ngrams: SparseNgrams;
}

/** The same with n-grams that are counted and not yet weighed: what training stores of millions of prompts. */
export interface CountedFeatures {
  readonly surface: Float32Array;
  readonly ngrams: NgramCounts;
}

export function extractFeatures(text: string): PromptFeatures {
  const { surface, ngrams } = countFeatures(text);
  const { indices, counts } = ngrams;
  return { surface, ngrams: { indices, values: weighNgrams(indices, counts) } };
}

export function countFeatures(text: string): CountedFeatures {
  const cut = cutText(text, maxFeatureCharacters);
  return { surface: surfaceNumbers(cut, text.length), ngrams: countNgrams(cut) };
}
