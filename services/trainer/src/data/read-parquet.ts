import { messageOf } from "@ipr/errors";
import { badData, badRow } from "./bad-data.ts";
import { type DuckDb, openDuckDb, quoteName, quoteText, streamColumns } from "./duck-db.ts";
import { assertOneFile } from "./one-file.ts";

/** A row of a table: its number, from 1, and its values by column. */
export interface TableRow {
  readonly number: number;
  readonly values: Record<string, unknown>;
}

/**
 * Streams the rows of a Parquet file in order. Lists, structs and maps come as plain arrays and objects, whole and decimal
 * numbers as numbers (an `id` as text, exactly), what has no counterpart in JSON as text. `keep` says which columns are
 * read at all.
 */
export async function* readParquet(
  file: string,
  keep: (column: string) => boolean = () => true,
): AsyncGenerator<TableRow> {
  await assertOneFile(file);
  using duckDb = await openDuckDb();
  const columns = (await describe(duckDb, file)).filter(({ name }) => keep(name));
  let number = 0;
  try {
    if (columns.length === 0) return;
    const query = `SELECT ${columns.map(({ read }) => read).join(", ")} FROM ${source(file)}`;
    for await (const chunk of streamColumns(await duckDb.connection.stream(query))) {
      for (let row = 0; row < chunk.rowCount; row++) {
        number++;
        const values: Record<string, unknown> = {};
        for (const [index, { name, isNested }] of columns.entries()) {
          const value = chunk.columns[index]![row];
          values[name] =
            isNested && typeof value === "string" ? parseNested(file, number, name, value) : value;
        }
        yield { number, values };
      }
    }
  } catch (error) {
    throw asBadData(error, file, number);
  }
}

function source(file: string): string {
  return `read_parquet(${quoteText(file)}, hive_partitioning = false)`;
}

interface ParquetColumn {
  readonly name: string;
  /** The SQL that reads the column as text or number. */
  readonly read: string;
  readonly isNested: boolean;
}

/** How many rows a Parquet file says it has. */
export async function parquetRowCount(file: string): Promise<number> {
  await assertOneFile(file);
  using duckDb = await openDuckDb();
  const query = `SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`;
  const counted = await duckDb.connection.runAndReadAll(query);
  return Number(counted.getRows()[0]?.[0]);
}

async function describe({ connection }: DuckDb, file: string): Promise<readonly ParquetColumn[]> {
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source(file)}`);
    const columns = described.getRows().map(([name, type]) => toColumn(String(name), String(type)));
    const stored = await connection.runAndReadAll(`SELECT name FROM parquet_schema(${quoteText(file)})`);
    const names = new Set(stored.getRows().map(([name]) => name));
    const renamed = columns.find(({ name }) => !names.has(name));
    if (renamed !== undefined) {
      throw badData(
        file,
        0,
        `has two columns whose names differ only in case, near "${renamed.name}"; rename one`,
      );
    }
    return columns;
  } catch (error) {
    throw asBadData(error, file, 0);
  }
}

function toColumn(name: string, type: string): ParquetColumn {
  const column = quoteName(name);
  if (/[[(]/.test(type) && !type.startsWith("DECIMAL") && !type.startsWith("ENUM")) {
    return { name, read: `to_json(${column})::VARCHAR`, isNested: true };
  }
  if (type === "VARCHAR" || type === "JSON" || type === "BOOLEAN")
    return { name, read: column, isNested: false };
  const isNumber = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
  return { name, read: `${column}::${isNumber && name !== "id" ? "DOUBLE" : "VARCHAR"}`, isNested: false };
}

function parseNested(file: string, number: number, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRow(
      file,
      number,
      `"${name}" holds a number that is not finite; a value that is not known is null`,
      error,
    );
  }
}

function asBadData(error: unknown, file: string, number: number): unknown {
  if (!(error instanceof Error) || "reason" in error) return error;
  const said = messageOf(error).split("\n")[0] ?? "";
  const what = `cannot be read as Parquet (${said}); is the file complete?`;
  return number === 0 ? badData(file, 0, what, error) : badRow(file, number + 1, what, error);
}
