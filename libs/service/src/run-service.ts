import type { Serving } from "@ipr/grpc";
import { messageOf } from "@ipr/errors";
import { type ConfigSchema, type Environment, parseConfig } from "./config.ts";
import { renderHelp } from "./help.ts";
import { createLogger, type Logger, type LogLevel } from "./logger.ts";
import { processSettings } from "./process-settings.ts";
import { Resources } from "./resources.ts";
import { startTelemetry } from "./telemetry.ts";
import type { z } from "zod";

export interface Startup {
  readonly logger: Logger;
  readonly resources: Resources;
  readonly environment: Environment;
  /** False once the process was told to stop: a service is not ready then, so that no new call comes while old ones end. */
  readonly isAccepting: () => boolean;
}

/** A running service. */
export interface Running {
  /** Everything that listens. */
  readonly serving: readonly Serving[];
}

/** The environment of this process: the one place that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** The arguments of this process, without the program. */
export function processArguments(): readonly string[] {
  return process.argv.slice(2);
}

/** Reads the settings of a service, or prints `--help`, or prints what is wrong with them, and exits. */
export function loadConfig<S extends ConfigSchema>(service: string, schema: S): z.infer<S> {
  if (process.argv.includes("--help")) {
    process.stdout.write(renderHelp(service, schema));
    return process.exit(0);
  }
  try {
    processSettings(process.env);
    return parseConfig(service, schema, process.env);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return process.exit(2);
  }
}

/**
 * The process's logger: JSON lines on standard error, from IPR_LOG_LEVEL (debug, info, warn, error) up.
 *
 * @throws IprError BAD_CONFIG when that is another word.
 */
export function processLogger(service: string, unsetLevel: LogLevel = "info"): Logger {
  const { logLevel: level = unsetLevel } = processSettings(process.env);
  return createLogger({ service, level, write: (line) => process.stderr.write(line), now: () => new Date() });
}

export interface RunOptions {
  readonly logger?: Logger;
  /** Told why the service could not start or go on; without it that is logged. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Runs a service until SIGTERM or SIGINT: starts it, then on the signal stops being ready, lets calls in progress end,
 * closes what was opened, flushes telemetry and returns. A second signal ends the process at once.
 */
export async function runService(
  service: string,
  start: (startup: Startup) => Promise<Running>,
  options: RunOptions = {},
): Promise<void> {
  const { logger = processLogger(service) } = options;
  const { onFailure = (error: unknown) => logger.error("service_failed", { error }) } = options;
  const { drainMs } = processSettings(process.env);
  const stopped = stopSignal();
  let accepting = true;
  const telemetry = await startTelemetry(service, process.env);
  const resources = new Resources(logger);
  try {
    const running = await start({
      logger,
      resources,
      environment: process.env,
      isAccepting: () => accepting,
    });
    logger.info("service_started", { addresses: running.serving.map(({ address }) => address) });
    const signal = await stopped;
    logger.info("drain_started", { signal });
    accepting = false;
    await Promise.all(running.serving.map((server) => server.drain(drainMs)));
    logger.info("service_stopped");
  } catch (error) {
    onFailure(error);
    process.exitCode = 1;
  } finally {
    await resources.close();
    await telemetry.shutdown();
  }
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(signal);
      });
    }
  });
}
