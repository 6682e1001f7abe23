import { z } from "zod";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50051").describe("host:port of the gRPC server"),
  embeddingTarget: z
    .string()
    .default("127.0.0.1:50052")
    .describe("gRPC target of the embedding service: host:port or dns:///name:port"),
  qualityTarget: z.string().default("127.0.0.1:50053").describe("gRPC target of the quality service"),
  natsUrl: z
    .string()
    .default("nats://127.0.0.1:4222")
    .describe("NATS server with JetStream, which keeps the registry and takes events"),
  registryFile: z
    .string()
    .default("")
    .describe("registry file to start from, until the registry is changed by RPC; empty for none"),
  estimateTimeoutMs: z
    .int()
    .positive()
    .default(50)
    .describe("how long embedding and quality together may take; past it the reference answers, degraded"),
  feedbackTimeoutMs: z
    .int()
    .positive()
    .default(2_000)
    .describe("how long a report may take to become durable; past it the caller is told to try again"),
  maxPendingEvents: z
    .int()
    .positive()
    .default(10_000)
    .describe("decision events that wait for the event bus; past it the oldest is dropped and counted"),
});
