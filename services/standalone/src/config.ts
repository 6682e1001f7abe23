import { executionProviders } from "@ipr/encoders";
import { z } from "zod";
import { shipped } from "./shipped.ts";

export const Config = z.strictObject({
  listenHttp: z.string().default("127.0.0.1:8080").describe("host:port of the OpenAI-compatible edge"),
  listenGrpc: z.string().default("127.0.0.1:50051").describe("host:port of the gRPC server"),
  stateDir: z
    .string({ error: "must be set: the directory where events and what was learned are kept" })
    .describe("where events and what was learned are kept; one process at a time"),
  registryFile: z.string().default(shipped.registryFile).describe("candidates and routers to start from"),
  bundleDir: z
    .string()
    .default(shipped.bundleDir)
    .describe("directory of the bundle, or a link to one; watched"),
  standInBundleDir: z
    .string()
    .default("")
    .describe("the same of a bundle for another encoder, which answers that encoder's embeddings"),
  shadowBundleDir: z
    .string()
    .default("")
    .describe("the same of a bundle that answers nothing, and is compared with the one that does"),
  encoderDir: z
    .string()
    .default(shipped.encoderDir)
    .describe("directory of the encoder the bundle was trained with, or static or minilm for a shipped one"),
  encoderProvider: z
    .enum(executionProviders)
    .default("cpu")
    .describe("what computes an ONNX encoder; the process does not start when it cannot"),
  encoderWorkers: z.int().min(1).max(64).default(1).describe("threads that encode with an ONNX encoder"),
  standInEncoderDir: z
    .string()
    .default("")
    .describe("static encoder that answers when the other is late or gone, for the stand-in bundle"),
  standInAfterMs: z
    .int()
    .positive()
    .default(25)
    .describe("how long the encoder may take before the stand-in answers"),
  estimateTimeoutMs: z
    .int()
    .positive()
    .default(50)
    .describe("how long estimates may take; past it the reference answers, degraded"),
});
