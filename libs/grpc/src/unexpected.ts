import { IprError, status } from "@ipr/errors";

/** Where an error that nobody foresaw is logged, once, with its cause. `where` names the method. */
export type UnexpectedErrorSink = (error: unknown, where: string) => void;

/** Our errors as they are; anything else becomes INTERNAL, with the detail in our log and none for the caller. */
export function toIprError(error: unknown, where: string, onUnexpected: UnexpectedErrorSink): IprError {
  if (error instanceof IprError) return error;
  onUnexpected(error, where);
  return new IprError(status.INTERNAL, "INTERNAL", "internal error; the service's log has the details");
}
