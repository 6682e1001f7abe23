import { badData, badRow } from "./bad-data.ts";
import { type LabelledPrompt, parseLabelledPrompt } from "./labelled-prompt.ts";
import { isLabelledColumn, toLabelledRow } from "./labelled-row.ts";
import { parseJson } from "./parse-json.ts";
import { readLines } from "./read-lines.ts";
import { readParquet } from "./read-parquet.ts";

const suffixes = [".jsonl", ".jsonl.gz", ".parquet"];

/**
 * Streams the rows of a labelled data file (`.jsonl`, `.jsonl.gz` or `.parquet`) in bounded memory. A broken row is an
 * error naming the file and the line or row.
 */
export async function* readLabelledPrompts(file: string): AsyncGenerator<LabelledPrompt> {
  assertIsDataFile(file);
  if (file.endsWith(".parquet")) yield* readTable(file);
  else yield* readJsonLines(file);
}

/** Refuses a file whose name does not end as that of a data file. */
export function assertIsDataFile(file: string): void {
  if (suffixes.some((suffix) => file.endsWith(suffix))) return;
  throw badData(
    file,
    0,
    `is not a kind of data file this reads; its name must end in ${suffixes.slice(0, -1).join(", ")} or ${suffixes.at(-1)}`,
  );
}

async function* readJsonLines(file: string): AsyncGenerator<LabelledPrompt> {
  for await (const { number, text } of readLines(file)) {
    const prompt = parseLabelledPrompt(parseJson(file, number, text));
    if (typeof prompt === "string") throw badData(file, number, prompt);
    yield prompt;
  }
}

async function* readTable(file: string): AsyncGenerator<LabelledPrompt> {
  for await (const { number, values } of readParquet(file, isLabelledColumn)) {
    const row = toLabelledRow(values);
    const prompt = typeof row === "string" ? row : parseLabelledPrompt(row);
    if (typeof prompt === "string") throw badRow(file, number, prompt);
    yield prompt;
  }
}
