import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { connect, serveGrpc } from "@ipr/grpc";
import { EmbeddingService } from "@ipr/proto";
import { createLogger } from "@ipr/service";
import { temporaryDirectory, waitFor } from "@ipr/testing";
import { createEncodeText } from "../src/encode-or-stand-in.ts";
import { createEmbedding, type EmbeddingDependencies } from "../src/index.ts";
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

async function open(options: Partial<EmbeddingDependencies> & { encoderDir: string }) {
  const embedding = await createEmbedding({ cacheEntries: 0, maxInFlight: 8, logger, ...options });
  const world = await serve(embedding.registrations);
  return {
    client: world.client,
    encoders: embedding.encoders,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await embedding.close();
    },
  };
}

test("a text has the same unit vector every time, and the second comes from the cache", async () => {
  await using world = await open({ encoderDir, cacheEntries: 10 });
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
  await using world = await open({ encoderDir });
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
  const encode = createEncodeText({
    encoder: {
      id: "slow",
      dimension: 1,
      maxTokens: 1,
      encode: async () => {
        await release.promise;
        return new Float32Array([1]);
      },
    },
    standIn: undefined,
    maxInFlight: 2,
    onShed: () => {},
    onStandIn: () => {},
  });
  const served = { id: "slow", dimension: 1, maxTokens: 1, computesOn: "cpu", standIn: "" };
  const events = createEvents(logger);
  const service = embeddingService({ served, encode, cacheEntries: 0, events, onUnexpected: () => {} });
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

/** A server with OpenAI's embeddings that can be told to be silent, or to fail. */
async function remote() {
  let behaviour: "answers" | "is silent" | "fails" = "answers";
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on("end", () => {
      if (behaviour === "is silent") return;
      outgoing.writeHead(behaviour === "fails" ? 503 : 200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ data: [{ index: 0, embedding: [3, 4] }] }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const dir = await temporaryDirectory();
  const manifest = {
    formatVersion: 1,
    kind: "remote",
    reference: "remote",
    dimension: 2,
    maxTokens: 16,
    maxCharacters: 64,
    protocol: "openai",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    model: "m",
    prefix: "",
    timeoutMs: 30_000,
    maxBatch: 1,
    licence: "test",
    origin: "test",
  };
  await writeFile(join(dir.path, "encoder.json"), JSON.stringify(manifest));
  return {
    dir: dir.path,
    set: (next: typeof behaviour) => {
      behaviour = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

test("the stand-in answers by name when the encoder is late or gone, and is not remembered for it", async () => {
  await using server = await remote();
  const standIn = { standInDir: encoderDir, standInAfterMs: 200 };
  await using world = await open({ encoderDir: server.dir, cacheEntries: 10, ...standIn });
  const served = await world.client.getEncoder({});
  assert.deepEqual([served.encoder, served.standIn], world.encoders);
  const embed = async () => world.client.embed({ text: "red" });
  server.set("is silent");
  assert.equal((await embed()).encoder, served.standIn);
  server.set("fails");
  assert.equal((await embed()).encoder, served.standIn);
  server.set("answers");
  const answer = await waitFor(
    async () => {
      const response = await embed();
      return response.encoder === served.encoder && response;
    },
    { what: "the encoder to answer again" },
  );
  assert.equal(answer.cached, false);
  assert.deepEqual(
    answer.values.map((value) => value.toFixed(3)),
    ["0.600", "0.800"],
  );
  server.set("is silent");
  assert.equal((await embed()).cached, true);
});

test("a remote encoder that is not there yet does not keep the service from starting", async () => {
  await using server = await remote();
  server.set("fails");
  await using world = await open({ encoderDir: server.dir });
  await assert.rejects(world.client.embed({ text: "red" }), { reason: "NEIGHBOUR_DOWN" });
  server.set("answers");
  assert.equal((await world.client.embed({ text: "red" })).values.length, 2);
});

test("a stand-in that could be late itself is refused", async () => {
  await using server = await remote();
  await assert.rejects(open({ encoderDir, standInDir: server.dir }), /is of kind remote, but must be static/);
});

test("an encoder directory that is not there is named", async () => {
  await assert.rejects(open({ encoderDir: "/nowhere" }), /\/nowhere.*encoder\.json is missing/);
});
