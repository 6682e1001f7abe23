import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Metadata, status, type StatusObject } from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ErrorReason,
  RetryInfoSchema,
  type Status,
  StatusSchema,
} from "@ipr/proto";
import { IprError } from "./ipr-error.ts";

const domain = "ipr.dev";
const detailsKey = "grpc-status-details-bin";
const reasonPrefix = "ERROR_REASON_";

/** The error as google.rpc.Status, with ErrorInfo always, BadRequest and RetryInfo where they help. */
export function toStatus(error: IprError): Status {
  const info = create(ErrorInfoSchema, {
    domain,
    reason: reasonPrefix + error.reason,
    metadata: { ...error.metadata },
  });
  const details = [anyPack(ErrorInfoSchema, info)];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map(({ field, description }) => ({ field, description }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.floor(error.retryAfterMs / 1000);
    const nanos = Math.round((error.retryAfterMs - seconds * 1000) * 1e6);
    const retryDelay = { seconds: BigInt(seconds), nanos };
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return create(StatusSchema, { code: error.code, message: error.message, details });
}

/** The error as grpc-js wants it from a handler. */
export function toServiceError(error: IprError): Pick<StatusObject, "code" | "details" | "metadata"> {
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, toStatus(error))));
  return { code: error.code, details: error.message, metadata };
}

/** Reads a google.rpc.Status back; a reason this build does not know becomes INTERNAL and keeps its message. */
export function fromStatus(value: Status): IprError {
  let reason: IprError["reason"] = reasonOf(value.code);
  let metadata: Record<string, string> = {};
  let violations: { field: string; description: string }[] = [];
  let retryAfterMs: number | undefined;
  for (const detail of value.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info?.domain === domain) {
      const name = info.reason.slice(reasonPrefix.length);
      if (name in ErrorReason && name !== "UNSPECIFIED") reason = name as IprError["reason"];
      metadata = info.metadata;
    }
    const bad = anyUnpack(detail, BadRequestSchema);
    if (bad) violations = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
    const retry = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (retry) retryAfterMs = Number(retry.seconds) * 1000 + retry.nanos / 1e6;
  }
  return new IprError(value.code, reason, value.message, {
    metadata,
    violations,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Reads the error a grpc-js client was given. `neighbour` names the service that was called. */
export function fromServiceError(error: unknown, neighbour: string): IprError {
  if (error instanceof IprError) return error;
  const { code, details, metadata } = error as Partial<StatusObject> & { metadata?: Metadata };
  const packed = metadata?.get(detailsKey)[0];
  if (packed instanceof Uint8Array) return fromStatus(fromBinary(StatusSchema, packed));
  const grpcCode = typeof code === "number" ? code : status.INTERNAL;
  return new IprError(grpcCode, reasonOf(grpcCode), `${neighbour}: ${details ?? String(error)}`, {
    metadata: { neighbour },
    cause: error,
  });
}

/** The reason for a status that came without ErrorInfo: from grpc-js itself or from a server that is not ours. */
function reasonOf(code: number): IprError["reason"] {
  switch (code) {
    case status.DEADLINE_EXCEEDED:
      return "DEADLINE";
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return "NEIGHBOUR_DOWN";
    case status.RESOURCE_EXHAUSTED:
      return "TOO_LARGE";
    case status.INVALID_ARGUMENT:
      return "INVALID_FIELD";
    default:
      return "INTERNAL";
  }
}
