import { badData } from "./bad-data.ts";
import type { LabelledPrompt } from "./labelled-prompt.ts";
import { readLabelledPrompts } from "./read-labelled-prompts.ts";

/** More rows than this do not fit into a training run's memory. */
export const maxRows = 2_000_000;

/** Reads several data files as one: rows of the same id are one prompt, and their labels are put together. */
export async function joinData(files: readonly string[]): Promise<LabelledPrompt[]> {
  const rows = new Map<string, LabelledPrompt>();
  for (const file of files) {
    let count = 0;
    for await (const row of readLabelledPrompts(file)) {
      count++;
      const known = rows.get(row.id);
      rows.set(row.id, known === undefined ? row : joinRows(file, known, row));
      if (rows.size > maxRows)
        throw badData(file, 0, `brings the data over ${maxRows} rows; give fewer files`);
    }
    if (count === 0) throw badData(file, 0, "has no rows");
  }
  return [...rows.values()];
}

function joinRows(file: string, known: LabelledPrompt, row: LabelledPrompt): LabelledPrompt {
  if (known.text !== row.text || known.split !== row.split) {
    throw badData(
      file,
      0,
      `has a row "${row.id}" whose prompt or split differs from an earlier row of the same id`,
    );
  }
  const clash = Object.keys(row.scores).find(
    (name) => known.scores[name] !== undefined && known.scores[name] !== row.scores[name],
  );
  if (clash !== undefined) {
    throw badData(
      file,
      0,
      `has another score for ${clash} in row "${row.id}" than an earlier row of the same id`,
    );
  }
  return {
    ...known,
    scores: { ...known.scores, ...row.scores },
    outputTokens: { ...known.outputTokens, ...row.outputTokens },
  };
}
