import { badData } from "../data/bad-data.ts";
import { parseLabelledPrompt } from "../data/labelled-prompt.ts";
import { parseJson } from "../data/parse-json.ts";
import { readLines } from "../data/read-lines.ts";

/** A prompt that may be labelled. */
export interface UnlabelledPrompt {
  /** What is encoded of it. */
  readonly text: string;
  /** The row as the file has it. */
  readonly line: string;
}

/** Stands for the scores that a row does not need to have. */
const noScores = { nobody: 0 };

/** Streams the prompts of JSON Lines files; of rows as `ipr train` reads them, scores are not needed. Test rows are left out. */
export async function* readUnlabelledPrompts(files: readonly string[]): AsyncGenerator<UnlabelledPrompt> {
  for (const file of files) {
    let count = 0;
    for await (const { number, text: line } of readLines(file)) {
      count++;
      const value = parseJson(file, number, line);
      if (typeof value !== "object" || value === null) throw badData(file, number, "is not a JSON object");
      const { split, ...row } = value as { readonly split?: unknown };
      // Rows that name no split are not held back: whoever labels them decides where they go.
      const prompt = parseLabelledPrompt({ ...row, scores: noScores, split: split ?? "train" });
      if (typeof prompt === "string") throw badData(file, number, prompt);
      if (prompt.split !== "test") yield { text: prompt.text, line };
    }
    if (count === 0) throw badData(file, 0, "has no rows");
  }
}
