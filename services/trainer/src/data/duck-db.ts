import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from "@duckdb/node-api";

/** What a query may hold in memory; streaming a file takes a fraction of it. */
const memoryLimit = "1GiB";

/**
 * A DuckDB that reads and writes local files and can do nothing else: no extension is ever fetched or loaded, so no
 * address is opened, and nothing is spilled to disk.
 */
const settings = {
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
  memory_limit: memoryLimit,
  temp_directory: "",
  threads: "1",
};

export interface DuckDb extends Disposable {
  readonly connection: DuckDBConnection;
}

export async function openDuckDb(): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(":memory:", settings);
  const connection = await instance.connect();
  await connection.run("SET lock_configuration = true");
  return {
    connection,
    [Symbol.dispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The rows of a streamed result, column by column within a chunk: no chunk is held longer than it is read. */
export async function* streamColumns(result: DuckDBResult): AsyncGenerator<{
  readonly rowCount: number;
  readonly columns: readonly (readonly unknown[])[];
}> {
  for await (const chunk of result) {
    yield { rowCount: chunk.rowCount, columns: chunk.getColumns() };
  }
}

/** A name or a text as SQL has it, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
