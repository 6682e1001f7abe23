import { isSpanContextValid, trace } from "@opentelemetry/api";
import { IprError } from "@ipr/errors";
import type { UnexpectedErrorSink } from "@ipr/grpc";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one JSON line an event. Event names are past tense; prompts, completions and keys never appear. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same logger with fields added to every line. */
  with(fields: LogFields): Logger;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

export function createLogger({ service, level, write, now }: LoggerOptions, bound: LogFields = {}): Logger {
  const log =
    (at: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (severity[at] < severity[level]) return;
      const line = {
        at: now().toISOString(),
        level: at,
        service,
        event,
        ...traceFields(),
        ...bound,
        ...fields,
      };
      write(`${JSON.stringify(line, replacer)}\n`);
    };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => createLogger({ service, level, write, now }, { ...bound, ...fields }),
  };
}

/** Where a call's error that nobody foresaw goes: one line, with all that is known of it. */
export function logUnexpected(logger: Logger): UnexpectedErrorSink {
  return (error, where) => logger.error("call_failed", { where, error });
}

/** A line about a traced request can be found from its trace. */
function traceFields(): LogFields {
  const spanContext = trace.getActiveSpan()?.spanContext();
  return spanContext && isSpanContextValid(spanContext) ? { traceId: spanContext.traceId } : {};
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (!(value instanceof Error)) return value;
  const cause = value.cause === undefined ? {} : { cause: value.cause };
  // An error of ours was foreseen: its message says enough. Where another came from, only the stack tells.
  return value instanceof IprError
    ? { message: value.message, reason: value.reason, ...cause }
    : { message: value.message, stack: value.stack, ...cause };
}
