export {
  parseConfig,
  settingsOf,
  variableOf,
  type ConfigSchema,
  type Environment,
  type Setting,
} from "./config.ts";
export { renderHelp } from "./help.ts";
export { createLogger, logUnexpected, type LogFields, type Logger, type LogLevel } from "./logger.ts";
export { Resources, type Closable } from "./resources.ts";
export {
  loadConfig,
  processArguments,
  processEnvironment,
  processLogger,
  runService,
  type Running,
  type Startup,
} from "./run-service.ts";
export { startTelemetry, type Telemetry } from "./telemetry.ts";
