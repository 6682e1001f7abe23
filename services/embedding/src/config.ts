import { z } from "zod";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50052").describe("host:port of the gRPC server"),
  encoderDir: z
    .string({ error: "must be set: the directory that holds encoder.json" })
    .describe("directory of the encoder, as `ipr encoder distill` writes it"),
  cacheEntries: z.int().min(0).default(20_000).describe("vectors to remember; 0 remembers none"),
  maxInFlight: z.int().positive().default(256).describe("texts encoding at once; one more is refused"),
});
