import { z } from "zod";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50053").describe("host:port of the gRPC server"),
  bundleDir: z
    .string({ error: "must be set: the directory that holds the bundle's manifest.json" })
    .describe("directory of the bundle, as `ipr train` writes it"),
  natsUrl: z
    .string()
    .default("nats://127.0.0.1:4222")
    .describe("NATS server with JetStream, where calibrations are published"),
});
