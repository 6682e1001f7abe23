import type { Encoder, QualityPredictor } from "@ipr/estimator";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";

/** Quality estimates and predicted answer lengths; a length is NaN where the bundle predicts none. */
export interface RowEstimates {
  readonly quality: Matrix;
  readonly outputTokens: Matrix;
}

export interface RowPredictor {
  readonly encoder: Encoder;
  readonly predictor: QualityPredictor | ((text: string) => QualityPredictor);
}

/**
 * Estimates every candidate for every prompt, as the quality service would before online calibration. `predictor` may
 * depend on the prompt.
 */
export async function predictRows(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  { encoder, predictor }: RowPredictor,
  onRow: (done: number) => void,
): Promise<RowEstimates> {
  const quality = createMatrix(prompts.length, candidates.length, () => Number.NaN);
  const outputTokens = createMatrix(prompts.length, candidates.length, () => Number.NaN);
  const columns = new Map(candidates.map((candidate, column) => [candidate, column]));
  for (const [row, { text }] of prompts.entries()) {
    const embedding = await encoder.encode(text);
    const chosen = typeof predictor === "function" ? predictor(text) : predictor;
    for (const estimate of chosen.predict({ text, embedding, candidates })) {
      const index = row * candidates.length + columns.get(estimate.candidate)!;
      quality.values[index] = estimate.quality;
      outputTokens.values[index] = estimate.outputTokens ?? Number.NaN;
    }
    onRow(row + 1);
  }
  return { quality, outputTokens };
}
