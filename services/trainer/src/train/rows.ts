import { invalidField } from "@ipr/errors";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { hash32 } from "./random.ts";

/** The rows a training run uses. */
export interface TrainingRows {
  /** Train and val: folds are made of these. */
  readonly development: readonly LabelledPrompt[];
  readonly test: readonly LabelledPrompt[];
  /** Rows of train and val left out because a test row has the same prompt. */
  readonly dropped: number;
}

/**
 * Separates development and test rows. Joined data sets share prompts (GSM8K is in several), so a development row whose
 * prompt is also a test row's is left out: its labels would tell how hard the test prompt is.
 */
export function separateRows(rows: readonly LabelledPrompt[]): TrainingRows {
  const test = rows.filter(({ split }) => split === "test");
  const tested = new Set(test.map(({ text }) => promptKey(text)));
  const candidates = rows.filter(({ split }) => split !== "test");
  const development = candidates.filter(({ text }) => !tested.has(promptKey(text)));
  return { development, test, dropped: candidates.length - development.length };
}

/** Equal for prompts that differ only in case and white space. */
export function promptKey(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** The fold that a prompt is held out of: equal prompts share one, so that none is trained on and held out. */
export function foldOf(
  text: string,
  { seed, folds }: { readonly seed: number; readonly folds: number },
): number {
  return hash32(`${seed}/fold/${promptKey(text)}`) % folds;
}

/** The candidates to train: all that have labels, in order of name, or the wanted ones in the order given. */
export function selectCandidates(
  rows: readonly LabelledPrompt[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const labelled = new Set(rows.flatMap(({ scores }) => Object.keys(scores)));
  if (wanted === undefined) return [...labelled].toSorted();
  const unknown = wanted.find((name) => !labelled.has(name));
  if (unknown !== undefined) {
    const known = [...labelled].toSorted().join(", ");
    throw invalidField("candidates", `${unknown} has no label in the data, which has ${known}`);
  }
  return [...new Set(wanted)];
}

/** Rows that have a label of one of the candidates. */
export function rowsLabelled(
  rows: readonly LabelledPrompt[],
  candidates: readonly string[],
): readonly LabelledPrompt[] {
  return rows.filter(({ scores }) => candidates.some((name) => scores[name] !== undefined));
}

/** Scores by prompt and candidate; NaN where there is no label. */
export function scoreMatrix(rows: readonly LabelledPrompt[], candidates: readonly string[]): Matrix {
  return createMatrix(rows.length, candidates.length, (row, column) => {
    return rows[row]!.scores[candidates[column]!] ?? Number.NaN;
  });
}

/** log(1 + output tokens) by prompt and candidate; NaN where unknown. */
export function logTokenMatrix(rows: readonly LabelledPrompt[], candidates: readonly string[]): Matrix {
  return createMatrix(rows.length, candidates.length, (row, column) => {
    return Math.log1p(rows[row]!.outputTokens[candidates[column]!] ?? Number.NaN);
  });
}
