import { IprError } from "@ipr/errors";

/** An error as one line that says what happened and what to do. Only a bug shows its stack. */
export function oneLine(error: unknown): string {
  if (error instanceof IprError) return error.message.replaceAll(/\s*\n\s*/g, "; ");
  if (isDiskFull(error)) return `${error.message}: free some space and run the same command again`;
  if (error instanceof Error) return isFromSystem(error) ? error.message : (error.stack ?? error.message);
  return String(error);
}

/** Errors of the operating system (a missing file, a full disk) say enough by themselves. */
function isFromSystem(error: Error): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string" && "syscall" in error;
}

function isDiskFull(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOSPC";
}
