import { z } from "zod";

const ms = (defaultMs: number) => z.int().positive().default(defaultMs);
const mebibyte = 1024 * 1024;

/** What decides how answers are got, wherever the proxy runs. */
export const Settings = z.strictObject({
  routeTimeoutMs: ms(250).describe(
    "how long the policy may take; past it the router's reference answers, degraded",
  ),
  feedbackTimeoutMs: ms(3_000).describe("how long a report may take to become durable"),
  connectTimeoutMs: ms(3_000).describe("how long a connection to an upstream may take"),
  firstByteTimeoutMs: ms(30_000).describe(
    "how long the first event of a stream may take; past it the next candidate",
  ),
  completionTimeoutMs: ms(120_000).describe(
    "how long an answer that is not streamed may take to begin, which is when the upstream has all of it",
  ),
  idleTimeoutMs: ms(30_000).describe("how long an upstream may pause within an answer"),
  totalTimeoutMs: ms(600_000).describe(
    "how long a whole request may take: decision, all attempts, the stream",
  ),
  maxAttempts: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .describe("upstream calls for one request, the first included"),
  maxBodyBytes: z
    .int()
    .positive()
    .default(6 * mebibyte)
    .describe("largest request body; images travel inside it"),
  maxPendingEvents: z
    .int()
    .positive()
    .default(10_000)
    .describe("outcome events that wait for the event bus; past it the oldest is dropped and counted"),
});
export type Settings = z.infer<typeof Settings>;
