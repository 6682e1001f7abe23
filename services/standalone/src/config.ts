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
    .describe("directory of the encoder the bundle was trained with"),
  estimateTimeoutMs: z
    .int()
    .positive()
    .default(50)
    .describe("how long estimates may take; past it the reference answers, degraded"),
});
