import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Split } from "./labelled-prompt.ts";
import { assertIsDataFile } from "./read-labelled-prompts.ts";
import { linesToParquet } from "./write-parquet.ts";

/** A row of a labelled data file, as it is stored: the whole text, which reading may cut. */
export interface LabelledRow {
  readonly id: string;
  readonly source?: string;
  readonly prompt: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly outputTokens?: Readonly<Record<string, number>>;
  readonly split?: Split;
}

/**
 * Writes a labelled data file, `.jsonl`, `.jsonl.gz` or `.parquet` by its name, whole or not at all, in bounded memory.
 * Returns how many rows were written.
 */
export async function writeLabelledPrompts(
  file: string,
  rows: AsyncIterable<LabelledRow> | Iterable<LabelledRow>,
): Promise<number> {
  assertIsDataFile(file);
  const fresh = `${file}.new-${randomUUID()}`;
  const lines = `${fresh}.jsonl`;
  const isParquet = file.endsWith(".parquet");
  const columns = { scores: new Set<string>(), outputTokens: new Set<string>() };
  let count = 0;
  async function* jsonLines(): AsyncGenerator<string> {
    for await (const row of rows) {
      count++;
      if (isParquet) noteColumns(columns, row);
      yield toLine(row);
    }
  }
  try {
    await mkdir(dirname(file), { recursive: true });
    const text = Readable.from(jsonLines());
    if (file.endsWith(".gz")) await pipeline(text, createGzip(), createWriteStream(fresh));
    else await pipeline(text, createWriteStream(isParquet ? lines : fresh));
    if (isParquet) await linesToParquet({ from: lines, to: fresh, columns });
    await rename(fresh, file);
  } finally {
    await Promise.all([fresh, lines].map((path) => rm(path, { force: true })));
  }
  return count;
}

function noteColumns(
  columns: { readonly scores: Set<string>; readonly outputTokens: Set<string> },
  row: LabelledRow,
): void {
  for (const name of Object.keys(row.scores)) columns.scores.add(name);
  for (const name of Object.keys(row.outputTokens ?? {})) columns.outputTokens.add(name);
}

function toLine({ id, source, prompt, scores, outputTokens, split }: LabelledRow): string {
  const hasTokens = outputTokens !== undefined && Object.keys(outputTokens).length > 0;
  const fields = {
    id,
    source,
    prompt: prompt.toWellFormed(),
    scores,
    output_tokens: hasTokens ? outputTokens : undefined,
    split,
  };
  return `${JSON.stringify(fields)}\n`;
}
