import { badData } from "./bad-data.ts";

/** Parses one line of a data file; a broken one is an error naming file and line. */
export function parseJson(file: string, number: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badData(file, number, "is not a JSON object", error);
  }
}
