import { status } from "@grpc/grpc-js";
import type { ErrorReason } from "@ipr/proto";

/** A field of a request that broke its constraint, by its path in the contract (`candidates[2].price`). */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface ErrorDetails {
  /** What the reason carries, as documented on `ErrorReason`. Values are short and hold no prompt text. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** When a retry makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

type ReasonName = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/**
 * The one error that crosses services. `code` is a gRPC status code, `reason` a name of `ErrorReason`, and the message
 * is for the person who must act: what happened, the value and its limit, what to do.
 */
export class IprError extends Error {
  override readonly name = "IprError";
  readonly code: status;
  readonly reason: ReasonName;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(code: status, reason: ReasonName, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reason = reason;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** INVALID_ARGUMENT for one field: the commonest error, so it has a short form. */
export function invalidField(field: string, description: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "INVALID_FIELD", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}
