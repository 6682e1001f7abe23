import { stat } from "node:fs/promises";
import { badData } from "./bad-data.ts";

/** DuckDB reads patterns, folders and addresses; a path is one local file here. */
export async function assertOneFile(file: string): Promise<void> {
  if (/[*?[]/.test(file)) {
    throw badData(file, 0, "has one of * ? [ in its name, which tables cannot be read with; rename it");
  }
  const entry = await stat(file).catch((error: unknown) => {
    throw badData(file, 0, "does not exist", error);
  });
  if (!entry.isFile()) throw badData(file, 0, "is a directory, not a data file");
}
