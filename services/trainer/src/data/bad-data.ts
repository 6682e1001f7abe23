import { IprError, status } from "@ipr/errors";

/** The error for a broken line of a text file. Line 0 means the file as a whole. */
export function badData(file: string, line: number, problem: string, cause?: unknown): IprError {
  return badPlace(file, line, `${line === 0 ? file : `${file}:${line}`} ${problem}`, cause);
}

/** The error for a broken row of a table, which has rows from 1 rather than lines. */
export function badRow(file: string, row: number, problem: string, cause?: unknown): IprError {
  return badPlace(file, row, `${file} row ${row}: ${problem}`, cause);
}

function badPlace(file: string, line: number, message: string, cause: unknown): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_DATA", message, {
    metadata: { file, line: String(line) },
    cause,
  });
}
