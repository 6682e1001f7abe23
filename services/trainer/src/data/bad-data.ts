import { IprError, status } from "@ipr/errors";

/** The error for a broken data file. Line 0 means the file as a whole. */
export function badData(file: string, line: number, problem: string, cause?: unknown): IprError {
  const where = line === 0 ? file : `${file}:${line}`;
  return new IprError(status.INVALID_ARGUMENT, "BAD_DATA", `${where} ${problem}`, {
    metadata: { file, line: String(line) },
    cause,
  });
}
