import { invalidField } from "@ipr/errors";
import type { LabelledPrompt, Split } from "../data/labelled-prompt.ts";
import { promptKey } from "../train/rows.ts";

/** `all` is for data that are new to the bundle altogether. */
export type EvaluatedSplit = Split | "all";

/** An interval from fewer prompts than this would be a guess. */
export const minRows = 20;

export interface SelectedRows {
  readonly evaluated: readonly LabelledPrompt[];
  /**
   * Rows of the other splits (of train and val, when test is measured), but for prompts that are measured too: settings
   * are chosen on them.
   */
  readonly others: readonly LabelledPrompt[];
  readonly excluded: readonly { readonly reason: string; readonly rows: number }[];
}

/** The rows that have a label of every candidate. Test rows never choose anything. */
export function selectRows(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  split: EvaluatedSplit,
): SelectedRows {
  const isMeasured = (prompt: LabelledPrompt) => split === "all" || prompt.split === split;
  const isComplete = ({ scores }: LabelledPrompt) => candidates.every((name) => scores[name] !== undefined);
  const measured = prompts.filter(isMeasured);
  if (measured.length === 0) {
    const counts = Map.groupBy(prompts, (prompt) => prompt.split);
    const known = [...counts].map(([name, rows]) => `${name} ${rows.length}`).join(", ");
    throw invalidField("split", `no row is in the split ${split}; rows by split: ${known}`);
  }
  const evaluated = measured.filter(isComplete);
  if (evaluated.length < minRows) {
    const problem = `${evaluated.length} rows have a label of every candidate, but at least ${minRows} are needed`;
    throw invalidField("pool", `${problem}. ${suggestPool(measured, candidates)}`);
  }
  const excluded = [
    { reason: "of another split", rows: prompts.length - measured.length },
    { reason: "without a label of every candidate", rows: measured.length - evaluated.length },
  ].filter(({ rows }) => rows > 0);
  const measuredKeys = new Set(evaluated.map(({ text }) => promptKey(text)));
  const others = prompts.filter(
    (prompt) =>
      !isMeasured(prompt) &&
      prompt.split !== "test" &&
      isComplete(prompt) &&
      !measuredKeys.has(promptKey(prompt.text)),
  );
  return { evaluated, others, excluded };
}

/** Rows of several data sets share few candidates: name the largest group that does go together. */
function suggestPool(prompts: readonly LabelledPrompt[], candidates: readonly string[]): string {
  const groups = Map.groupBy(prompts, ({ scores }) =>
    candidates.filter((name) => scores[name] !== undefined).join(","),
  );
  const [largest] = [...groups]
    .filter(([names]) => names.includes(","))
    .toSorted(([, a], [, b]) => b.length - a.length);
  if (largest === undefined) return "No two candidates are labelled on the same rows";
  return `${largest[1].length} rows go together with --pool ${largest[0]}`;
}
