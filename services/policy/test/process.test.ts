import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "@ipr/grpc";
import { FeedbackService, RegistryService, RouterService } from "@ipr/proto";
import { startNats, startProcess, waitFor } from "@ipr/testing";
import { fakeEmbedding, fakeQuality } from "./fake-neighbours.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const registryFile = fileURLToPath(new URL("../../../deploy/default/registry.yaml", import.meta.url));
const noService = "127.0.0.1:1";
const prompt = { input: { case: "prompt", value: "Prove that sqrt(2) is irrational" } } as const;

test("the process serves without NATS and neighbours, and drains on SIGTERM", async () => {
  await using policy = await startProcess(main, [], {
    env: {
      IPR_POLICY_LISTEN: "127.0.0.1:0",
      IPR_POLICY_EMBEDDING_TARGET: noService,
      IPR_POLICY_QUALITY_TARGET: noService,
      IPR_POLICY_NATS_URL: `nats://${noService}`,
      IPR_POLICY_REGISTRY_FILE: registryFile,
    },
    readyPattern: /"addresses":\["([^"]+)"\]/,
  });
  const channel = connect({ name: "policy", target: policy.ready[1]!, timeoutMs: 30_000 });
  const response = await channel.client(RouterService).route(prompt);
  assert.equal(response.degraded, true);
  assert.equal(response.model, response.referenceModel);
  assert.equal(response.registryRevision, "seed");
  channel.close();
  assert.deepEqual(await policy.stop(), { code: 0, signal: null });
});

test("the process decides by its neighbours, and keeps the registry and reports in NATS", async () => {
  await using nats = await startNats();
  await using embedding = await fakeEmbedding();
  await using quality = await fakeQuality();
  quality.qualities = {
    "claude-3-5-sonnet-20241022": 0.9375,
    "gpt-4o-mini-2024-07-18": 0.9375,
    "gemma-2-2b-it": 0.25,
  };
  await using policy = await startProcess(main, [], {
    env: {
      IPR_POLICY_LISTEN: "127.0.0.1:0",
      IPR_POLICY_EMBEDDING_TARGET: embedding.address,
      IPR_POLICY_QUALITY_TARGET: quality.address,
      IPR_POLICY_NATS_URL: nats.url,
      IPR_POLICY_REGISTRY_FILE: registryFile,
      IPR_POLICY_ESTIMATE_TIMEOUT_MS: "10000",
    },
    readyPattern: /"addresses":\["([^"]+)"\]/,
  });
  const channel = connect({ name: "policy", target: policy.ready[1]!, timeoutMs: 30_000 });
  const response = await waitFor(
    async () => {
      const answer = await channel.client(RouterService).route(prompt);
      return !answer.degraded && answer;
    },
    { what: "a decision by estimates" },
  );
  assert.equal(response.model, "gpt-4o-mini-2024-07-18");
  assert.ok(response.expectedSaving! > 0);
  const { revision } = await channel.client(RegistryService).getRegistry({});
  assert.equal(response.registryRevision, revision);
  const { decisionId } = response;
  const report = await channel.client(FeedbackService).submit({ decisionId, score: 1 });
  assert.equal(report.duplicate, false);
  channel.close();
});

test("a registry file that is wrong ends the process with what is wrong where", async () => {
  const started = startProcess(main, [], {
    env: {
      IPR_POLICY_LISTEN: "127.0.0.1:0",
      IPR_POLICY_REGISTRY_FILE: fileURLToPath(new URL("../package.json", import.meta.url)),
    },
    readyPattern: /"addresses"/,
  });
  await assert.rejects(started, /package\.json:\d+: scripts is not known here/);
});
