import type { Encoder, QualityPredictor } from "@ipr/estimator";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";

/** Quality estimates and predicted answer lengths; a length is NaN where the bundle predicts none. */
export interface RowEstimates {
  readonly quality: Matrix;
  readonly outputTokens: Matrix;
}

/** Estimates every candidate for every prompt, as the quality service would before online calibration. */
export async function predictRows(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  { encoder, predictor }: { readonly encoder: Encoder; readonly predictor: QualityPredictor },
  onRow: (done: number) => void,
): Promise<RowEstimates> {
  const quality = createMatrix(prompts.length, candidates.length, () => Number.NaN);
  const outputTokens = createMatrix(prompts.length, candidates.length, () => Number.NaN);
  const columns = new Map(candidates.map((candidate, column) => [candidate, column]));
  for (const [row, { text }] of prompts.entries()) {
    const embedding = await encoder.encode(text);
    for (const estimate of predictor.predict({ text, embedding, candidates })) {
      const index = row * candidates.length + columns.get(estimate.candidate)!;
      quality.values[index] = estimate.quality;
      outputTokens.values[index] = estimate.outputTokens ?? Number.NaN;
    }
    onRow(row + 1);
  }
  return { quality, outputTokens };
}
