import { z } from "zod";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50053").describe("host:port of the gRPC server"),
  bundleDir: z
    .string({ error: "must be set: the directory that holds the bundle's manifest.json" })
    .describe("directory of the bundle, as `ipr train` writes it, or a link to one; watched"),
  standInBundleDir: z
    .string()
    .default("")
    .describe("the same of a bundle for another encoder, which answers that encoder's embeddings"),
  shadowBundleDir: z
    .string()
    .default("")
    .describe("the same of a bundle that answers nothing, and is compared with the one that does"),
  shadowShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of the prompts, 0 to 1, that is estimated again by the shadow"),
  bundlePollMs: z
    .int()
    .min(100)
    .default(2_000)
    .describe("pause between two looks at the directories of bundles, in milliseconds"),
  natsUrl: z
    .string()
    .default("nats://127.0.0.1:4222")
    .describe("NATS server with JetStream, where calibrations are published"),
});
