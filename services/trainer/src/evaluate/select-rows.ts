import { invalidField } from "@ipr/errors";
import type { LabelledPrompt, Split } from "../data/labelled-prompt.ts";
import { promptKey } from "../train/rows.ts";

/** `all` is for data that are new to the bundle altogether. */
export type EvaluatedSplit = Split | "all";

/** An interval from fewer prompts than this would be a guess. */
export const minRows = 20;

/** Why rows are left out; said after their number. */
const trainedOn = "that the bundle was trained on";
const notRouted = "from routing only, for want of a label of every candidate";

export interface SelectedRows {
  /** Rows with a label of at least one candidate: estimates are measured on every label there is. */
  readonly measured: readonly LabelledPrompt[];
  /** Those of them with a label of every candidate, as positions in `measured`: routing is measured on them. */
  readonly routed: readonly number[];
  /** Why routing cannot be measured on so few; undefined where it can. */
  readonly tooFew: string | undefined;
  /**
   * Rows of train and val that are not measured, but for prompts that are measured too, with a label of every candidate:
   * settings are chosen on them. The bundle may have been trained on them: their estimates are to be out of fold.
   */
  readonly others: readonly LabelledPrompt[];
  /** The same with a label of at least one candidate: means are taken over them. */
  readonly labelledOthers: readonly LabelledPrompt[];
  readonly excluded: readonly { readonly reason: string; readonly rows: number }[];
}

/**
 * The rows that have a label. Test rows never choose anything, and rows the bundle was trained on are never measured,
 * whatever their split or id: it would be judged by what it remembers.
 */
export function selectRows(
  prompts: readonly LabelledPrompt[],
  candidates: readonly string[],
  split: EvaluatedSplit,
  { isTrainedOn }: { readonly isTrainedOn: (prompt: LabelledPrompt) => boolean },
): SelectedRows {
  const isOfSplit = (prompt: LabelledPrompt) => split === "all" || prompt.split === split;
  const isComplete = ({ scores }: LabelledPrompt) => candidates.every((name) => scores[name] !== undefined);
  const isLabelled = ({ scores }: LabelledPrompt) => candidates.some((name) => scores[name] !== undefined);
  const ofSplit = prompts.filter(isOfSplit);
  if (ofSplit.length === 0) {
    const counts = Map.groupBy(prompts, (prompt) => prompt.split);
    const known = [...counts].map(([name, rows]) => `${name} ${rows.length}`).join(", ");
    throw invalidField("split", `no row is in the split ${split}; rows by split: ${known}`);
  }
  const unseen = ofSplit.filter((prompt) => !isTrainedOn(prompt));
  const measured = unseen.filter(isLabelled);
  const seen = ofSplit.length - unseen.length;
  if (measured.length < minRows && ofSplit.filter(isLabelled).length >= minRows) {
    throw invalidField(
      "split",
      `${measured.length} rows can be measured, but at least ${minRows} are needed: the bundle was trained on ` +
        `${seen} of the ${ofSplit.length} rows (${split}), and says nothing about itself there. ` +
        "Measure on the test rows of the training data (--split test), or on prompts that are new to it",
    );
  }
  if (measured.length < minRows) {
    const allUnseen = prompts.filter((prompt) => isLabelled(prompt) && !isTrainedOn(prompt)).length;
    const hint = allUnseen >= minRows ? `. All splits together have ${allUnseen}: give --split all` : "";
    throw invalidField(
      "split",
      `${measured.length} rows (${split}) have a label, but at least ${minRows} are needed${hint}`,
    );
  }
  const routed = [...measured.keys()].filter((row) => isComplete(measured[row]!));
  const excluded = [
    { reason: "of another split", rows: prompts.length - ofSplit.length },
    { reason: trainedOn, rows: seen },
    { reason: "without a label of any candidate", rows: unseen.length - measured.length },
    { reason: notRouted, rows: measured.length - routed.length },
  ].filter(({ rows }) => rows > 0);
  const measuredKeys = new Set(measured.map(({ text }) => promptKey(text)));
  const labelledOthers = prompts.filter(
    (prompt) =>
      (!isOfSplit(prompt) || isTrainedOn(prompt)) &&
      prompt.split !== "test" &&
      isLabelled(prompt) &&
      !measuredKeys.has(promptKey(prompt.text)),
  );
  return {
    measured,
    routed,
    tooFew: routed.length < minRows ? tooFew(routed.length, unseen, candidates) : undefined,
    others: labelledOthers.filter(isComplete),
    labelledOthers,
    excluded,
  };
}

function tooFew(rows: number, unseen: readonly LabelledPrompt[], candidates: readonly string[]): string {
  const problem = `${rows} rows have a label of every candidate, but at least ${minRows} are needed`;
  return `${problem}. ${suggestPool(unseen, candidates)}`;
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
