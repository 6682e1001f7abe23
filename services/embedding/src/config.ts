import { executionProviders } from "@ipr/encoders";
import { z } from "zod";
import { defaultStandInAfterMs } from "./index.ts";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50052").describe("host:port of the gRPC server"),
  encoderDir: z
    .string({ error: "must be set: the directory that holds encoder.json" })
    .describe("directory of the encoder; with @sha256:<digest> at its end, no other digest is served"),
  provider: z
    .enum(executionProviders)
    .default("cpu")
    .describe("what computes an ONNX encoder; the service does not start when it cannot"),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("threads that encode with an ONNX encoder, each with the model"),
  intraOpThreads: z.int().min(1).max(64).default(1).describe("threads inside one run of an ONNX encoder"),
  maxBatch: z
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .describe("most texts of a batch; int8 on a CPU always has 1"),
  maxWaitMs: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("how long a text waits for others to fill its batch"),
  maxInFlight: z.int().positive().default(256).describe("texts waiting and encoding; one more is refused"),
  standInDir: z
    .string()
    .default("")
    .describe("static encoder that answers when the other is late, full or gone; empty for none"),
  standInAfterMs: z
    .int()
    .positive()
    .default(defaultStandInAfterMs)
    .describe("how long the encoder may take before the stand-in answers"),
  cacheEntries: z.int().min(0).default(20_000).describe("vectors to remember; 0 remembers none"),
});
