import { messageOf } from "@ipr/errors";
import { badData, badRow } from "../data/bad-data.ts";
import { openDuckDb, quoteName, quoteText, streamColumns } from "../data/duck-db.ts";
import { assertOneFile } from "../data/one-file.ts";
import { parseJson } from "../data/parse-json.ts";
import { maxLineBytes, readLines } from "../data/read-lines.ts";
import { readParquet, type TableRow } from "../data/read-parquet.ts";

/** DuckDB's CSV reader holds a multiple of this in memory. */
const maxCsvRowBytes = 4 * 1024 * 1024;

const kinds = ".parquet, .csv, .csv.gz, .jsonl, .jsonl.gz or .json (a list of objects)";

/**
 * Streams the records of a table in any of the usual files. A cell of a CSV file is text, or null where it is empty. `keep`
 * spares reading columns nobody needs, such as answers, where the kind of file has columns.
 */
export async function* readRecords(
  file: string,
  keep: (column: string) => boolean = () => true,
): AsyncGenerator<TableRow> {
  if (file.endsWith(".parquet")) yield* readParquet(file, keep);
  else if (/\.jsonl(\.gz)?$/.test(file)) yield* readJsonLines(file);
  else if (/\.csv(\.gz)?$/.test(file)) {
    const dialect = `header = true, all_varchar = true, delim = ',', quote = '"', escape = '"'`;
    const table = `read_csv(${quoteText(file)}, ${dialect}, max_line_size = ${maxCsvRowBytes})`;
    yield* readText({ file, table, keep, what: "CSV" });
  } else if (/\.json(\.gz)?$/.test(file)) yield* readJsonList(file);
  else if (/\.(pkl|pickle)$/.test(file)) throw badData(file, 0, pickleAdvice(file));
  else throw badData(file, 0, `is not a kind of file this reads; its name must end in ${kinds}`);
}

function pickleAdvice(file: string): string {
  const parquet = file.replace(/\.[^.]+$/, ".parquet");
  const python = `import pandas; pandas.read_pickle("${file}").to_parquet("${parquet}")`;
  return `is a pickle, which only Python can read, and which can run code: where you trust it, convert it with python -c '${python}'`;
}

async function* readJsonLines(file: string): AsyncGenerator<TableRow> {
  for await (const { number, text } of readLines(file)) {
    yield { number, values: asRecord(file, number, parseJson(file, number, text)) };
  }
}

async function* readJsonList(file: string): AsyncGenerator<TableRow> {
  const list = `read_json_objects(${quoteText(file)}, format = 'array', maximum_object_size = ${maxLineBytes})`;
  const what = "a JSON list of objects";
  for await (const { number, values } of readText({ file, table: list, keep: () => true, what })) {
    yield { number, values: asRecord(file, number, JSON.parse(String(values["json"]))) };
  }
}

function asRecord(file: string, number: number, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw badRow(file, number, "is not an object");
}

interface TextTable {
  readonly file: string;
  /** The SQL of the table. */
  readonly table: string;
  readonly keep: (column: string) => boolean;
  readonly what: string;
}

async function* readText({ file, table, keep, what }: TextTable): AsyncGenerator<TableRow> {
  await assertOneFile(file);
  using duckDb = await openDuckDb();
  let number = 0;
  try {
    const described = await duckDb.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`);
    const names = described.getRows().flatMap(([name]) => (keep(String(name)) ? [String(name)] : []));
    if (names.length === 0) return;
    const result = await duckDb.connection.stream(`SELECT ${names.map(quoteName).join(", ")} FROM ${table}`);
    for await (const { rowCount, columns } of streamColumns(result)) {
      for (let row = 0; row < rowCount; row++) {
        number++;
        yield {
          number,
          values: Object.fromEntries(names.map((name, index) => [name, columns[index]![row]])),
        };
      }
    }
  } catch (error) {
    if (!(error instanceof Error) || "reason" in error) throw error;
    const said = messageOf(error).split("\n")[0] ?? "";
    throw badData(file, 0, `cannot be read as ${what} after row ${number} (${said})`, error);
  }
}
