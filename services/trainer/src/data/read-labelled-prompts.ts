import { badData } from "./bad-data.ts";
import { type LabelledPrompt, parseLabelledPrompt } from "./labelled-prompt.ts";
import { parseJson } from "./parse-json.ts";
import { readLines } from "./read-lines.ts";

const suffixes = [".jsonl", ".jsonl.gz"];

/** Streams the rows of a labelled data file (`.jsonl` or `.jsonl.gz`). A broken row is an error naming file and line. */
export async function* readLabelledPrompts(file: string): AsyncGenerator<LabelledPrompt> {
  if (!suffixes.some((suffix) => file.endsWith(suffix))) {
    throw badData(
      file,
      0,
      `is not a kind of data file this reads; its name must end in ${suffixes.join(" or ")}`,
    );
  }
  for await (const { number, text } of readLines(file)) {
    const prompt = parseLabelledPrompt(parseJson(file, number, text));
    if (typeof prompt === "string") throw badData(file, number, prompt);
    yield prompt;
  }
}
