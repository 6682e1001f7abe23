export { IprError, invalidField, type ErrorDetails, type FieldViolation } from "./ipr-error.ts";
export { fromServiceError, fromStatus, toServiceError, toStatus } from "./grpc-status.ts";
export { messageOf } from "./message-of.ts";
export { status } from "@grpc/grpc-js";
