import { z } from "zod";
import { type Environment, everyService, parseConfig } from "./config.ts";
import { logLevels } from "./logger.ts";

/** What every service can be told. */
export const ProcessSettings = z.strictObject({
  logLevel: z.enum(logLevels).optional().describe("least level that is logged; info when not set"),
  drainMs: z
    .int()
    .min(0)
    .default(20_000)
    .describe("how long calls in progress may take to end after SIGTERM"),
});

/** @throws IprError BAD_CONFIG that lists every problem. */
export function processSettings(environment: Environment): z.infer<typeof ProcessSettings> {
  return parseConfig(everyService, ProcessSettings, environment);
}
