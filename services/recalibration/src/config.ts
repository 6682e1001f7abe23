import { z } from "zod";

export const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50055").describe("host:port of the gRPC server"),
  natsUrl: z
    .string()
    .default("nats://127.0.0.1:4222")
    .describe("NATS server with JetStream: events come from it, calibrations go to it"),
  stateDir: z
    .string({ error: "must be set: a directory that outlives this process, for what was learned" })
    .describe("directory that holds what was learned (recalibration.db); one process at a time"),
  publishIntervalMs: z
    .int({ error: "must be a whole number of milliseconds" })
    .positive({ error: "must be positive (milliseconds)" })
    .default(1_000)
    .describe("shortest time between two published calibrations of a bundle, in milliseconds"),
});
