import type { Encoder } from "@ipr/estimator";
import { createMatrix, type Matrix, seededRandom, shuffledIndexes } from "@ipr/evaluation";
import type { LabelledPrompt } from "../../data/labelled-prompt.ts";
import type { OnProgress } from "../../progress.ts";
import type { Controls } from "../evaluation.ts";
import type { Means, Sample } from "../sample.ts";
import { scoreMatrix } from "../to-sample.ts";
import { promptFeatures, standardised } from "./control-features.ts";
import { groupPrompts } from "./group-prompts.ts";
import { measureControls } from "./measure-controls.ts";

export interface ControlsRequest {
  readonly candidates: readonly string[];
  /** Rows of train and val with a label of every candidate. */
  readonly training: readonly LabelledPrompt[];
  /** How many there are, where `training` is a part that was drawn. */
  readonly trainingRowsOf: number;
  readonly measured: readonly LabelledPrompt[];
  readonly sample: Sample;
  readonly means: Means;
  readonly encoder: Encoder;
  readonly seed: number;
  readonly resamples?: number | undefined;
}

/** A ridge on fewer prompts would say nothing of features. */
export const minTrainingRows = 60;
/** Multiplications for the Gram matrix: a few seconds. Beyond, a part of the training rows is drawn. */
const maxGramProducts = 3e9;
const resamplesPerReport = 25;

/** Null controls and each group left out, by a stand-in that trains in closed form. */
export async function runControls(request: ControlsRequest, onProgress: OnProgress): Promise<Controls> {
  const { candidates, encoder, measured, sample, means, seed, resamples } = request;
  const training = affordable(request.training, encoder.dimension, seed);
  const rows = [...training, ...measured];
  const raw = await promptFeatures(rows, encoder, (done) => {
    if (done % 256 === 0 || done === rows.length)
      onProgress({ stage: "read prompts for the controls", done, total: rows.length });
  });
  const [ofTraining, ofMeasured] = split(raw, training.length);
  const groups = groupPrompts(
    rows.map(({ source }) => (source === "" ? undefined : source)),
    standardised(raw, ofTraining),
    { trained: training.length, seed },
  );
  onProgress({ stage: "controls", done: 0, total: 1 });
  const controls = await measureControls(
    {
      training: {
        features: standardised(ofTraining, ofTraining),
        scores: scoreMatrix(training, candidates),
        groupOf: groups.groupOf.slice(0, training.length),
      },
      measured: {
        features: standardised(ofMeasured, ofTraining),
        groupOf: groups.groupOf.slice(training.length),
      },
      sample,
      means,
      groups,
      seed,
      resamples,
    },
    (done, total) => {
      if (done % resamplesPerReport === 0 || done === total) onProgress({ stage: "controls", done, total });
    },
  );
  return { ...controls, trainingRowsOf: request.trainingRowsOf };
}

function affordable(
  prompts: readonly LabelledPrompt[],
  dimension: number,
  seed: number,
): readonly LabelledPrompt[] {
  const most = Math.max(minTrainingRows, Math.floor(maxGramProducts / (dimension * dimension)));
  if (prompts.length <= most) return prompts;
  return Array.from(
    shuffledIndexes(prompts.length, seededRandom(seed)).slice(0, most),
    (row) => prompts[row]!,
  );
}

function split(matrix: Matrix, at: number): readonly [Matrix, Matrix] {
  const part = (from: number, to: number) =>
    createMatrix(
      to - from,
      matrix.columns,
      (row, column) => matrix.values[(from + row) * matrix.columns + column]!,
    );
  return [part(0, at), part(at, matrix.rows)];
}
