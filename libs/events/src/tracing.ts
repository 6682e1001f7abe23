import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { OutgoingEvent, ReceivedEvent } from "./event-bus.ts";
import { toError } from "./failure.ts";

/** Trace context as it travels with an event: `traceparent` and whatever else the propagator writes. */
export type TraceCarrier = Record<string, string>;

const tracer = trace.getTracer("@ipr/events");

/** Runs a publish in a producer span; the carrier takes that span to the consumer. */
export function tracePublish<T>(
  system: string,
  event: OutgoingEvent,
  publish: (carrier: TraceCarrier) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(`publish ${event.subject}`, {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(system, event),
  });
  const active = trace.setSpan(context.active(), span);
  const carrier: TraceCarrier = {};
  propagation.inject(active, carrier);
  return context.with(active, () => settle(span, () => publish(carrier)));
}

/** Runs a handler in a consumer span whose parent is the publisher's. */
export function traceHandler<T>(
  system: string,
  event: ReceivedEvent,
  carrier: TraceCarrier,
  handle: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(ROOT_CONTEXT, carrier);
  const span = tracer.startSpan(
    `process ${event.subject}`,
    { kind: SpanKind.CONSUMER, attributes: attributesOf(system, event) },
    parent,
  );
  return context.with(trace.setSpan(parent, span), () => settle(span, handle));
}

async function settle<T>(span: ReturnType<typeof tracer.startSpan>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.recordException(toError(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: toError(error).message });
    throw error;
  } finally {
    span.end();
  }
}

function attributesOf(system: string, event: OutgoingEvent): Record<string, string> {
  return {
    "messaging.system": system,
    "messaging.destination.name": event.subject,
    "messaging.message.id": event.id,
  };
}
