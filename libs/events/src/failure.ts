import { IprError, status } from "@ipr/errors";

const retryAfterMs = 1_000;

/** The bus did not confirm, so nothing was promised. `why` completes "the event bus ...". */
export function eventsUnavailable(why: string, cause?: unknown): IprError {
  const said = cause instanceof Error ? `: ${cause.message}` : "";
  return new IprError(status.UNAVAILABLE, "EVENTS_UNAVAILABLE", `the event bus ${why}${said}`, {
    retryAfterMs,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** `what` completes "... is at revision". */
export function revisionConflict(what: string, expected: number | string, actual: number | string): IprError {
  return new IprError(
    status.ABORTED,
    "REVISION_CONFLICT",
    `${what} is at revision ${actual}, not ${expected}: read it again and repeat the change`,
    { metadata: { expected: String(expected), actual: String(actual) } },
  );
}

export function eventTooLarge(subject: string, sizeBytes: number, limitBytes: number): IprError {
  return new IprError(
    status.RESOURCE_EXHAUSTED,
    "TOO_LARGE",
    `an event on ${subject} has ${sizeBytes} bytes, but at most ${limitBytes} are allowed`,
    { metadata: { limit: String(limitBytes) } },
  );
}

/** Whether trying again later can help. */
export function isTransient(error: unknown): boolean {
  return error instanceof IprError && error.reason === "EVENTS_UNAVAILABLE";
}

export function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
