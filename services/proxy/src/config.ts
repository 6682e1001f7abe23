import { z } from "zod";
import { Settings } from "./settings.ts";

export const Config = z.strictObject({
  listenHttp: z.string().default("127.0.0.1:8080").describe("host:port of the OpenAI-compatible HTTP edge"),
  listenGrpc: z.string().default("127.0.0.1:50054").describe("host:port of the gRPC server"),
  policyTarget: z
    .string()
    .default("127.0.0.1:50051")
    .describe("gRPC target of the policy service: host:port or dns:///name:port"),
  natsUrl: z
    .string()
    .default("nats://127.0.0.1:4222")
    .describe("NATS server with JetStream, which keeps the registry and takes events"),
  ...Settings.shape,
});
