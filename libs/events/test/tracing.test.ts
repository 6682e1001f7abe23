import assert from "node:assert/strict";
import { test } from "node:test";
import { context, propagation, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { startNats, waitFor } from "@ipr/testing";
import { createBackgroundPublisher, createEmbeddedBus, createNatsBus, type EventBus } from "../src/index.ts";
import { decision, reader } from "./bus-contract.ts";

type SpanProcessor = NonNullable<
  NonNullable<ConstructorParameters<typeof NodeSDK>[0]>["spanProcessors"]
>[number];

async function traceThrough(bus: EventBus): Promise<void> {
  const spans: Parameters<SpanProcessor["onEnd"]>[0][] = [];
  const collecting: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void spans.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const sdk = new NodeSDK({
    spanProcessors: [collecting],
    instrumentations: [],
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  try {
    const handled = Promise.withResolvers<string | undefined>();
    bus.consume(reader("traced"), async () => {
      handled.resolve(trace.getActiveSpan()?.spanContext().traceId);
    });
    await using publisher = createBackgroundPublisher(bus);
    const traceId = await trace.getTracer("test").startActiveSpan("request", async (span) => {
      publisher.offer(decision("a", "acme"));
      span.end();
      return span.spanContext().traceId;
    });
    assert.equal(await handled.promise, traceId);
    await waitFor(() => spans.length === 3, { what: "three spans" });
    const byName = (name: string) => spans.find((span) => span.name === name);
    const request = byName("request");
    const publish = byName("publish ipr.decision");
    const process = byName("process ipr.decision");
    assert.equal(publish?.parentSpanContext?.spanId, request?.spanContext().spanId);
    assert.equal(process?.parentSpanContext?.spanId, publish?.spanContext().spanId);
    assert.equal(process?.attributes["messaging.message.id"], "a");
  } finally {
    await sdk.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
  }
}

test("one trace spans the request, the publish behind its back and the handler: embedded", async () => {
  await using bus = createEmbeddedBus();
  await traceThrough(bus);
});

test("one trace spans the request, the publish behind its back and the handler: nats", async () => {
  await using nats = await startNats();
  await using bus = createNatsBus({ servers: [nats.url], name: "test" });
  await traceThrough(bus);
});
