import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { Encoder } from "@ipr/estimator";
import { connect, serveGrpc } from "@ipr/grpc";
import { EmbeddingService } from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { createEmbedding } from "../src/index.ts";
import { createEvents } from "../src/events.ts";
import { embeddingService } from "../src/rpc/embedding-service.ts";

const encoderDir = fileURLToPath(new URL("../../../deploy/default/encoder", import.meta.url));
const logger = createLogger({ service: "embedding", level: "error", write: () => {}, now: () => new Date() });

async function serve(registrations: Parameters<typeof serveGrpc>[0]["services"]) {
  const options = { isReady: () => true, onUnexpected: () => {} };
  const serving = await serveGrpc({ listen: "127.0.0.1:0", services: registrations, ...options });
  const channel = connect({ name: "embedding", target: serving.address, timeoutMs: 30_000 });
  return {
    client: channel.client(EmbeddingService),
    async [Symbol.asyncDispose]() {
      channel.close();
      await serving.drain(0);
    },
  };
}

test("a text has the same unit vector every time, and the second comes from the cache", async () => {
  const { registrations } = await createEmbedding({ encoderDir, cacheEntries: 10, maxInFlight: 8, logger });
  await using world = await serve(registrations);
  const first = await world.client.embed({ text: "What is the capital of France?" });
  const second = await world.client.embed({ text: "What is the capital of France?" });
  const { encoder, dimension } = await world.client.getEncoder({});
  assert.equal(first.values.length, dimension);
  assert.equal(first.encoder, encoder);
  assert.match(encoder, /@sha256:[0-9a-f]{64}$/);
  const norm = Math.hypot(...first.values);
  assert.ok(Math.abs(norm - 1) < 1e-5, `norm ${norm}`);
  assert.deepEqual([first.cached, second.cached], [false, true]);
  assert.deepEqual(second.values, first.values);
});

test("similar texts are nearer than unrelated ones", async () => {
  const { registrations } = await createEmbedding({ encoderDir, cacheEntries: 0, maxInFlight: 8, logger });
  await using world = await serve(registrations);
  const vectors = await Promise.all(
    [
      "How do I sort a list in Python?",
      "Sorting an array with Python code",
      "The recipe needs two eggs and butter",
    ].map(async (text) => (await world.client.embed({ text })).values),
  );
  const [query, near, far] = vectors as [number[], number[], number[]];
  const cosine = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  assert.ok(cosine(query, near) > cosine(query, far) + 0.1);
});

test("one text more than may be encoding is refused with a retry delay", async () => {
  const release = Promise.withResolvers<void>();
  const slow: Encoder = {
    id: "slow",
    dimension: 1,
    maxTokens: 1,
    encode: async () => {
      await release.promise;
      return new Float32Array([1]);
    },
  };
  const events = createEvents(logger);
  const service = embeddingService({
    encoder: slow,
    cacheEntries: 0,
    maxInFlight: 2,
    events,
    onUnexpected: () => {},
  });
  await using world = await serve([service]);
  const calls = ["a", "b", "c"].map((text) => world.client.embed({ text }));
  const refused = await Promise.any(
    calls.map((call) =>
      call.then(
        () => Promise.reject(new Error("answered")),
        (error: unknown) => error,
      ),
    ),
  );
  assert.equal((refused as { reason: string }).reason, "OVERLOADED");
  assert.ok(((refused as { retryAfterMs?: number }).retryAfterMs ?? 0) > 0);
  release.resolve();
  const settled = await Promise.allSettled(calls);
  assert.deepEqual(settled.map(({ status }) => status).toSorted(), ["fulfilled", "fulfilled", "rejected"]);
});

test("an encoder directory that is not there is named", async () => {
  const loading = createEmbedding({ encoderDir: "/nowhere", cacheEntries: 0, maxInFlight: 1, logger });
  await assert.rejects(loading, /\/nowhere.*encoder\.json is missing/);
});
