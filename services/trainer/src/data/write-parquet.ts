import { openDuckDb, quoteName, quoteText } from "./duck-db.ts";
import { maxLineBytes } from "./read-lines.ts";

/** Rows kept together in the file, and in memory while it is written. */
const rowsPerGroup = 20_480;

export interface LinesToParquet {
  readonly from: string;
  readonly to: string;
  readonly columns: { readonly scores: ReadonlySet<string>; readonly outputTokens: ReadonlySet<string> };
}

/**
 * Turns labelled JSON Lines into Parquet, streaming: a column `score.<candidate>` each, and `output_tokens.<candidate>`
 * where there are any. Candidates whose names differ only in case would be one column, so then there is one map instead.
 */
export async function linesToParquet({ from, to, columns }: LinesToParquet): Promise<void> {
  using duckDb = await openDuckDb();
  const select = [
    "id",
    "source",
    "prompt",
    ...mapColumns("scores", "score.", columns.scores),
    ...(columns.outputTokens.size === 0
      ? []
      : mapColumns("output_tokens", "output_tokens.", columns.outputTokens)),
    "split",
  ].join(", ");
  const types = [
    "id: 'VARCHAR', source: 'VARCHAR', prompt: 'VARCHAR'",
    "scores: 'MAP(VARCHAR, DOUBLE)', output_tokens: 'MAP(VARCHAR, DOUBLE)', split: 'VARCHAR'",
  ].join(", ");
  const lines = `read_json(${quoteText(from)}, format = 'newline_delimited', columns = {${types}}, maximum_object_size = ${maxLineBytes})`;
  await duckDb.connection.run(
    `COPY (SELECT ${select} FROM ${lines}) TO ${quoteText(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowsPerGroup})`,
  );
}

function mapColumns(field: string, prefix: string, names: ReadonlySet<string>): readonly string[] {
  const isDistinct = new Set([...names].map((name) => name.toLowerCase())).size === names.size;
  if (!isDistinct) return [field];
  return [...names].toSorted().map((name) => `${field}[${quoteText(name)}] AS ${quoteName(prefix + name)}`);
}
