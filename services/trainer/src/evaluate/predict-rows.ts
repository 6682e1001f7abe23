import type { Encoder, QualityPredictor } from "@ipr/estimator";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { type PromptPredictor, promptPredictor } from "./remembering-predictor.ts";

/** Quality estimates and predicted answer lengths; a length is NaN where the bundle predicts none. */
export interface RowEstimates {
  readonly quality: Matrix;
  readonly outputTokens: Matrix;
}

export interface RowPredictor {
  readonly encoder: Encoder;
  readonly predictor: PromptPredictor | QualityPredictor | ((text: string) => QualityPredictor);
}

/**
 * Estimates every candidate for every prompt, as the quality service would before online calibration. `predictor` may
 * depend on the prompt. As many prompts are encoded at a time as the encoder
 * makes use of.
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
  const own =
    typeof predictor === "object" && !("candidates" in predictor) ? predictor : promptPredictor(predictor);
  let done = 0;
  await forEachRow(prompts, encoder.parallelism ?? 1, async ({ text }, row) => {
    const embedding = await encoder.encode(text);
    for (const estimate of own.predict(text, embedding, candidates)) {
      const index = row * candidates.length + columns.get(estimate.candidate)!;
      quality.values[index] = estimate.quality;
      outputTokens.values[index] = estimate.outputTokens;
    }
    done += 1;
    onRow(done);
  });
  return { quality, outputTokens };
}

/** Works on several rows at a time; the first failure ends it. */
export async function forEachRow<Row>(
  rows: readonly Row[],
  atOnce: number,
  work: (row: Row, index: number) => Promise<void>,
): Promise<void> {
  const waiting = rows.entries();
  let isFailed = false;
  const lane = async (): Promise<void> => {
    for (const [index, row] of waiting) {
      if (isFailed) return;
      await work(row, index);
    }
  };
  const lanes = Array.from({ length: Math.min(atOnce, rows.length) }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    isFailed = true;
    throw error;
  }
}
