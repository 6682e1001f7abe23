import type { BusNotice, HandlerFailure } from "./event-bus.ts";

/** The part of a logger that notices need. */
export interface NoticeLogger {
  info(event: string, fields: Record<string, unknown>): void;
  warn(event: string, fields: Record<string, unknown>): void;
  error(event: string, fields: Record<string, unknown>): void;
}

/** Writes a notice of the bus as one line of the service's log. */
export function logNotice(logger: NoticeLogger, notice: BusNotice): void {
  switch (notice.kind) {
    case "connected":
      return logger.info("event_bus_connected", { server: notice.server, version: notice.version });
    case "disconnected":
      return logger.warn("event_bus_disconnected", { server: notice.server });
    case "unavailable":
      return logger.warn("event_bus_unavailable", { error: notice.error });
    case "subscription_failed":
      return logger.warn("event_subscription_failed", {
        subscription: notice.subscription,
        error: notice.error,
      });
    case "handler_failed":
      return logger.warn("event_handler_failed", {
        ...failureFields(notice.failure),
        retryAfterMs: notice.retryAfterMs,
      });
    case "event_given_up":
      return logger.error("event_given_up", failureFields(notice.failure));
    default:
      return notice satisfies never;
  }
}

function failureFields(failure: HandlerFailure): Record<string, unknown> {
  const { durable, subject, id, attempts, error } = failure;
  return { durable, subject, eventId: id, attempts, error };
}
