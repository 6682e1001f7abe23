import { type Encoder, extractFeatures, surfaceCount } from "@ipr/estimator";
import { cell, createMatrix, type Matrix, type Random } from "@ipr/evaluation";
import type { LabelledPrompt } from "../../data/labelled-prompt.ts";
import { forEachRow } from "../predict-rows.ts";

/** A surface number further from its mean than this many deviations is cut. */
const maxDeviations = 5;

/** The embedding, scaled to about unit variance, and the surface numbers of each prompt. */
export async function promptFeatures(
  prompts: readonly LabelledPrompt[],
  encoder: Encoder,
  onRow: (done: number) => void,
): Promise<Matrix> {
  const columns = encoder.dimension + surfaceCount;
  const features = createMatrix(prompts.length, columns, () => 0);
  const scale = Math.sqrt(encoder.dimension);
  let done = 0;
  await forEachRow(prompts, encoder.parallelism ?? 1, async ({ text }, row) => {
    const embedding = await encoder.encode(text);
    features.values.set(
      embedding.map((value) => value * scale),
      row * columns,
    );
    features.values.set(extractFeatures(text).surface, row * columns + encoder.dimension);
    done += 1;
    onRow(done);
  });
  return features;
}

/** Each column at mean 0 and deviation 1 over the training rows, and the constant 1 behind them. */
export function standardised(features: Matrix, training: Matrix): Matrix {
  const { mean, deviation } = spread(training);
  const last = features.columns;
  return createMatrix(features.rows, last + 1, (row, column) => {
    if (column === last) return 1;
    const value = (cell(features, row, column) - mean[column]!) / deviation[column]!;
    return Math.max(-maxDeviations, Math.min(maxDeviations, value));
  });
}

/** As many numbers that say nothing of a prompt, and the constant 1 behind them. */
export function randomFeatures(rows: number, columns: number, random: Random): Matrix {
  const unitVariance = Math.sqrt(3);
  return createMatrix(rows, columns, (_, column) =>
    column === columns - 1 ? 1 : (2 * random() - 1) * unitVariance,
  );
}

function spread(matrix: Matrix): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const [mean, deviation] = [new Float64Array(matrix.columns), new Float64Array(matrix.columns)];
  for (let column = 0; column < matrix.columns; column++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < matrix.rows; row++) {
      const value = cell(matrix, row, column);
      sum += value;
      squares += value * value;
    }
    mean[column] = sum / matrix.rows;
    const variance = squares / matrix.rows - (sum / matrix.rows) ** 2;
    deviation[column] = variance > 1e-12 ? Math.sqrt(variance) : 1;
  }
  return { mean, deviation };
}
