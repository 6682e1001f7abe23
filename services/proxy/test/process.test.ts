import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createNatsBus, decodeOutcome, streams } from "@ipr/events";
import { connect } from "@ipr/grpc";
import { type OutcomeEvent, ProxyService, RegistrySchema } from "@ipr/proto";
import { openRegistry } from "@ipr/registry";
import { fakeUpstream, startNats, startProcess, waitFor } from "@ipr/testing";
import { candidate } from "./world.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

test("the process serves from the registry in NATS without a policy, publishes outcomes, and drains on SIGTERM", async () => {
  await using nats = await startNats();
  await using bus = createNatsBus({ servers: [nats.url], name: "test" });
  const seed = create(RegistrySchema, {
    candidates: [candidate("strong", null)],
    routers: [{ name: "default", candidates: ["strong"], reference: "strong", tolerance: 0.1 }],
  });
  const registry = await openRegistry(bus, { seed });
  const outcomes: OutcomeEvent[] = [];
  bus.consume({ durable: "test", stream: streams.outcomes }, async (event) => {
    outcomes.push(decodeOutcome(event));
  });

  await using proxy = await startProcess(main, [], {
    env: {
      IPR_PROXY_LISTEN_HTTP: "127.0.0.1:0",
      IPR_PROXY_LISTEN_GRPC: "127.0.0.1:0",
      IPR_PROXY_NATS_URL: nats.url,
      IPR_PROXY_POLICY_TARGET: "127.0.0.1:1",
      OPENAI_API_KEY: "",
      ANTHROPIC_API_KEY: "",
    },
    readyPattern: /"addresses":\["([^"]+)","([^"]+)"\]/,
  });
  const [, http, grpc] = proxy.ready;
  await waitFor(async () => (await fetch(`http://${http}/readyz`)).status === 200, { what: "readiness" });

  const response = await fetch(`http://${http}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "ipr/default", messages: [{ role: "user", content: "Hi" }] }),
    headers: { "content-type": "application/json" },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-ipr-degraded"), "true");
  assert.equal(response.headers.get("x-ipr-simulated"), "true");
  const outcome = await waitFor(() => outcomes[0], { what: "the outcome on NATS" });
  assert.equal(outcome.decisionId, response.headers.get("x-ipr-decision-id"));

  const channel = connect({ name: "proxy", target: grpc!, timeoutMs: 20_000 });
  const { endpoints } = await channel.client(ProxyService).listEndpoints({});
  channel.close();
  assert.deepEqual(
    endpoints.map(({ candidate, simulated, attempts }) => [candidate, simulated, attempts]),
    [["strong", true, 1n]],
  );

  assert.deepEqual(await proxy.stop(), { code: 0, signal: null });
  assert.match(proxy.output(), /"event":"service_stopped"/);
  await registry.close();
});

test("a process that cannot open its HTTP port says so and ends", async () => {
  await using taken = await fakeUpstream();
  const started = startProcess(main, [], {
    env: {
      IPR_PROXY_LISTEN_HTTP: new URL(taken.baseUrl).host,
      IPR_PROXY_LISTEN_GRPC: "127.0.0.1:0",
      IPR_PROXY_NATS_URL: "nats://127.0.0.1:1",
    },
    readyPattern: /"event":"service_started"/,
  });
  await assert.rejects(started, /ended \(1\)[\s\S]*cannot listen on/);
});
