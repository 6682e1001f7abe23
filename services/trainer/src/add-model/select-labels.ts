import { invalidField } from "@ipr/errors";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { promptKey } from "../train/rows.ts";

export interface SelectedLabels {
  /** Rows to fit on. */
  readonly fitted: readonly LabelledPrompt[];
  /** Rows to measure on: of split test, and new to the bundle. */
  readonly measured: readonly LabelledPrompt[];
  /** Rows left out of fitting because a test row has the same prompt. */
  readonly dropped: number;
  /** Test rows left out because the bundle was trained on their prompt. */
  readonly trainedOn: number;
}

/** The rows that have a label of the candidate. A test row is never fitted on, under whatever id its prompt comes. */
export function selectLabels(
  prompts: readonly LabelledPrompt[],
  name: string,
  isTrainedOn: (text: string) => boolean,
): SelectedLabels {
  const labelled = prompts.filter(({ scores }) => scores[name] !== undefined);
  if (labelled.length === 0) {
    const known = [...new Set(prompts.flatMap(({ scores }) => Object.keys(scores)))].toSorted().join(", ");
    throw invalidField("model", `${name} has no label in the data, which has ${known}`);
  }
  const test = labelled.filter(({ split }) => split === "test");
  const others = labelled.filter(({ split }) => split !== "test");
  if (others.length === 0) {
    throw invalidField(
      "data",
      `all ${labelled.length} labels of ${name} are on rows of split test, which are never fitted on; ` +
        'give rows of split "train" or "val"',
    );
  }
  const tested = new Set(test.map(({ text }) => promptKey(text)));
  const fitted = others.filter(({ text }) => !tested.has(promptKey(text)));
  const measured = test.filter(({ text }) => !isTrainedOn(text));
  return {
    fitted,
    measured,
    dropped: others.length - fitted.length,
    trainedOn: test.length - measured.length,
  };
}
