import { type ConfigSchema, everyService, settingsOf } from "./config.ts";
import { ProcessSettings } from "./process-settings.ts";

/** What `--help` prints for a service: its settings as a table. */
export function renderHelp(service: string, schema: ConfigSchema): string {
  const all = [...settingsOf(service, schema), ...settingsOf(everyService, ProcessSettings)];
  const settings = all.map(({ variable, type, defaultValue, description }) => ({
    variable,
    fact: defaultValue === undefined ? type : `${type}, default ${JSON.stringify(defaultValue)}`,
    description,
  }));
  const width = Math.max(...settings.map(({ variable }) => variable.length));
  const lines = settings.map(
    ({ variable, fact, description }) => `  ${variable.padEnd(width)}  ${description} (${fact})`,
  );
  return [
    `ipr ${service}: one service of the intelligent prompt router. Settings come from the environment:`,
    "",
    ...lines,
    "",
    "OpenTelemetry is off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; the other OTEL_* variables hold as usual.",
    "",
  ].join("\n");
}
