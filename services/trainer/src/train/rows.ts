import { invalidField } from "@ipr/errors";
import { createMatrix, type Matrix } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { hash32 } from "./random.ts";
import type { TrainingSet } from "./training-set.ts";

/** Equal for prompts that differ only in case and white space. */
export function promptKey(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** What draws the fold of a prompt: equal prompts share one, so that none is trained on and held out. */
export function foldHash(key: string, seed: number): number {
  return hash32(`${seed}/fold/${key}`);
}

/** The fold that a prompt is held out of. */
export function foldOf(
  text: string,
  { seed, folds }: { readonly seed: number; readonly folds: number },
): number {
  return foldHash(promptKey(text), seed) % folds;
}

/** The candidates to train: all that have labels, in order of name, or the wanted ones in the order given. */
export function selectCandidates(
  labelled: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined) return [...labelled].toSorted();
  const unknown = wanted.find((name) => !labelled.has(name));
  if (unknown !== undefined) {
    const known = [...labelled].toSorted().join(", ");
    throw invalidField("candidates", `${unknown} has no label in the data, which has ${known}`);
  }
  return [...new Set(wanted)];
}

/** What costs and tolerances are reckoned from. */
export type LabelledRow = Pick<LabelledPrompt, "characters" | "scores" | "outputTokens">;

/** Some rows of a training set, with their labels by name. */
export function labelledRows(
  set: TrainingSet,
  rows: ArrayLike<number>,
  names: readonly string[],
): LabelledRow[] {
  const known = (row: number, kind: "scores" | "outputTokens"): Record<string, number> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = set.labels.get(name)?.[kind][row] ?? Number.NaN;
        return Number.isNaN(value) ? [] : [[name, value] as const];
      }),
    );
  return Array.from(rows, (row) => ({
    characters: set.characters[row]!,
    scores: known(row, "scores"),
    outputTokens: known(row, "outputTokens"),
  }));
}

/** Scores by prompt and candidate; NaN where there is no label. */
export function scoreMatrix(
  rows: readonly Pick<LabelledPrompt, "scores">[],
  candidates: readonly string[],
): Matrix {
  return createMatrix(rows.length, candidates.length, (row, column) => {
    return rows[row]!.scores[candidates[column]!] ?? Number.NaN;
  });
}

/** The same for the rows of a training set, or for some of them. */
export function scoresOf(
  set: TrainingSet,
  candidates: readonly string[],
  rows: ArrayLike<number> = allRows(set),
): Matrix {
  return matrixOf(set, candidates, rows, (labels, row) => labels.scores[row]!);
}

/** log(1 + output tokens) by row and candidate; NaN where unknown. */
export function logTokensOf(
  set: TrainingSet,
  candidates: readonly string[],
  rows: ArrayLike<number> = allRows(set),
): Matrix {
  return matrixOf(set, candidates, rows, (labels, row) => Math.log1p(labels.outputTokens[row]!));
}

/** Mean score of each candidate over the rows that have it; NaN where none does. */
export function meanScores(set: TrainingSet, candidates: readonly string[]): Float64Array {
  return Float64Array.from(candidates, (name) => knownMean(set.labels.get(name)?.scores ?? []));
}

/** Mean of the values that are known; NaN where none is. */
export function knownMean(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** At most `most` rows of a set, evenly spread. */
export function spreadRows(rows: number, most: number): Uint32Array {
  const count = Math.min(rows, most);
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}

function matrixOf(
  set: TrainingSet,
  candidates: readonly string[],
  rows: ArrayLike<number>,
  valueOf: (labels: { scores: Float32Array; outputTokens: Float32Array }, row: number) => number,
): Matrix {
  const columns = candidates.map((name) => set.labels.get(name));
  return createMatrix(rows.length, candidates.length, (row, column) => {
    const labels = columns[column];
    return labels === undefined ? Number.NaN : valueOf(labels, rows[row]!);
  });
}

function allRows({ rows }: TrainingSet): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}
