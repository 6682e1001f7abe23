import { readFile, stat } from "node:fs/promises";
import { badData } from "../data/bad-data.ts";

/** A JSON document is read whole; one larger than this does not fit. */
const maxDocumentBytes = 400 * 1024 * 1024;

export async function readJsonFile(file: string): Promise<unknown> {
  const entry = await stat(file).catch((error: unknown) => {
    throw badData(file, 0, "does not exist", error);
  });
  if (!entry.isFile()) throw badData(file, 0, "is a directory, not a JSON file");
  if (entry.size > maxDocumentBytes) {
    throw badData(file, 0, `has ${entry.size} bytes; a JSON document may have ${maxDocumentBytes}`);
  }
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badData(file, 0, "is not JSON; is the file complete?", error);
  }
}
