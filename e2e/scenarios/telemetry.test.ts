import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "@ipr/testing";
import { type ReceivedSpan, startOtlpReceiver } from "../src/otlp-receiver.ts";
import { clients, startProcesses } from "../src/processes.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const clientSpanId = "b7ad6b7169203331";

test("one trace spans the client, every service, NATS and the upstream call", async () => {
  await using collector = await startOtlpReceiver();
  await using world = await startProcesses({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  await waitFor(
    async () => {
      const decision = await clients(world).router.route({ input: { case: "prompt", value: "warm up" } });
      return !decision.degraded;
    },
    { what: "a decision with estimates" },
  );

  const response = await fetch(`${world.http}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: `00-${traceId}-${clientSpanId}-01` },
    body: JSON.stringify({ model: "ipr/default", messages: [{ role: "user", content: "What is 17 * 23?" }] }),
  });
  assert.equal(response.status, 200);
  await response.text();

  const ofTrace = () => collector.spans.filter((span) => span.traceId === traceId);
  const services = ["ipr-proxy", "ipr-policy", "ipr-embedding", "ipr-quality", "ipr-recalibration"];
  await waitFor(() => services.every((service) => ofTrace().some((span) => span.service === service)), {
    what: `spans of ${services.join(", ")}; there are ${JSON.stringify(ofTrace().map(label))}`,
  });

  const upstream = world.upstream.requests.at(-1)?.headers["traceparent"] ?? "";
  assert.match(String(upstream), new RegExp(`^00-${traceId}-`), "the upstream call carries the trace on");
  const spans = ofTrace();
  const known = new Set([clientSpanId, ...spans.map(({ spanId }) => spanId)]);
  const orphans = spans.filter(({ parentSpanId }) => !known.has(parentSpanId));
  assert.deepEqual(orphans.map(label), [], "every span hangs from another, up to the client's");
});

function label({ service, name }: ReceivedSpan): string {
  return `${service}: ${name}`;
}
