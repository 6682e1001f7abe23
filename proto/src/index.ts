/** Everything in proto/ipr/v1, the google.rpc types that errors travel in, the standard health service, and the encoder server TEI. */
export * from "../gen/ipr/v1/candidate_pb.ts";
export * from "../gen/ipr/v1/embedding_pb.ts";
export * from "../gen/ipr/v1/error_pb.ts";
export * from "../gen/ipr/v1/events_pb.ts";
export * from "../gen/ipr/v1/feedback_pb.ts";
export * from "../gen/ipr/v1/proxy_pb.ts";
export * from "../gen/ipr/v1/quality_pb.ts";
export * from "../gen/ipr/v1/recalibration_pb.ts";
export * from "../gen/ipr/v1/registry_pb.ts";
export * from "../gen/ipr/v1/router_pb.ts";
export {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
  type BadRequest,
  type ErrorInfo,
  type RetryInfo,
} from "../gen/google/rpc/error_details_pb.ts";
export { StatusSchema, type Status } from "../gen/google/rpc/status_pb.ts";
export { Health } from "../gen/grpc/health/v1/health_pb.ts";
export { Embed as TeiEmbed, Info as TeiInfo } from "../gen/tei/v1/tei_pb.ts";
