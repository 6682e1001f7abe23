import type { QualityPredictor } from "@ipr/estimator";

/** Predicts for some candidates of a prompt; an unknown answer length is NaN. */
export interface PromptPredictor {
  predict(
    text: string,
    embedding: Float32Array,
    candidates: readonly string[],
  ): readonly { readonly candidate: string; readonly quality: number; readonly outputTokens: number }[];
}

/** Asks a predictor, which may depend on the prompt, for the wanted candidates. */
export function promptPredictor(
  predictor: QualityPredictor | ((text: string) => QualityPredictor),
): PromptPredictor {
  return {
    predict(text, embedding, candidates) {
      const own = typeof predictor === "function" ? predictor(text) : predictor;
      return own
        .predict({ text, embedding, candidates })
        .map(({ candidate, quality, outputTokens = Number.NaN }) => ({ candidate, quality, outputTokens }));
    },
  };
}

/**
 * Predicts all of `candidates` for a prompt once, whatever part of them is asked for and how often: pools share prompts,
 * and most of the work is the prompt's.
 */
export function rememberingPredictor(inner: PromptPredictor, candidates: readonly string[]): PromptPredictor {
  const known = new Map<string, Float64Array>();
  const columns = new Map(candidates.map((name, column) => [name, column]));
  return {
    predict(text, embedding, wanted) {
      let values = known.get(text);
      if (values === undefined) {
        values = new Float64Array(2 * candidates.length).fill(Number.NaN);
        for (const { candidate, quality, outputTokens } of inner.predict(text, embedding, candidates))
          values.set([quality, outputTokens], 2 * columns.get(candidate)!);
        known.set(text, values);
      }
      const estimates = values;
      return wanted.map((candidate) => {
        const at = 2 * columns.get(candidate)!;
        return { candidate, quality: estimates[at]!, outputTokens: estimates[at + 1]! };
      });
    },
  };
}
