import { context, propagation, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { withSpan } from "@ipr/telemetry";
import type { OutgoingEvent, ReceivedEvent } from "./event-bus.ts";

/** Trace context as it travels with an event: `traceparent` and whatever else the propagator writes. */
export type TraceCarrier = Record<string, string>;

/** Runs a publish in a producer span; the carrier takes that span to the consumer. */
export function tracePublish<T>(
  system: string,
  event: OutgoingEvent,
  publish: (carrier: TraceCarrier) => Promise<T>,
): Promise<T> {
  const attributes = attributesOf(system, event);
  return withSpan(`publish ${destination(event)}`, { kind: SpanKind.PRODUCER, attributes }, () => {
    const carrier: TraceCarrier = {};
    propagation.inject(context.active(), carrier);
    return publish(carrier);
  });
}

/** Runs a handler in a consumer span whose parent is the publisher's. */
export function traceHandler<T>(
  system: string,
  event: ReceivedEvent,
  carrier: TraceCarrier,
  handle: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(ROOT_CONTEXT, carrier);
  const attributes = attributesOf(system, event);
  return withSpan(`process ${destination(event)}`, { kind: SpanKind.CONSUMER, attributes, parent }, handle);
}

function attributesOf(system: string, event: OutgoingEvent): Record<string, string> {
  return {
    "messaging.system": system,
    "messaging.destination.name": destination(event),
    "messaging.message.id": event.id,
  };
}

/** The subject without its tenant: span names are few. */
function destination({ subject }: OutgoingEvent): string {
  return subject.slice(0, subject.lastIndexOf("."));
}
