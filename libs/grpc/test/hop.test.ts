import assert from "node:assert/strict";
import { test } from "node:test";
import { Client as GrpcClient, credentials } from "@grpc/grpc-js";
import { IprError, status } from "@ipr/errors";
import { EmbeddingService, type EmbedRequest, type EmbedResponse } from "@ipr/proto";
import {
  type CallContext,
  type Channel,
  connect,
  type Handlers,
  localClient,
  multiplex,
  multiplexed,
  register,
  serveGrpc,
} from "../src/index.ts";

type Embed = Handlers<typeof EmbeddingService>["embed"];

/** A server whose Embed is `embed`, and a channel to it. */
async function startWorld(embed: Embed) {
  const unexpected: unknown[] = [];
  const onUnexpected = (error: unknown) => unexpected.push(error);
  const registration = register(EmbeddingService, {
    embed,
    embedStream: multiplexed(EmbeddingService.method.embed, embed, onUnexpected) as never,
    getEncoder: async () => ({ encoder: "test", dimension: 2, maxTokens: 8 }),
  });
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: [registration],
    isReady: () => true,
    onUnexpected,
  });
  const channel = connect({ name: "embedding", target: serving.address, timeoutMs: 30_000 });
  return {
    unexpected,
    registration,
    onUnexpected,
    serving,
    channel,
    client: channel.client(EmbeddingService),
    async [Symbol.asyncDispose]() {
      channel.close();
      await serving.drain(0);
    },
  };
}

const lengthOf: Embed = async ({ text }) => ({ encoder: "test", values: [text.length, 0] });

function streamClient(channel: Channel) {
  const client = channel.client(EmbeddingService);
  return multiplex<Partial<EmbedRequest>, EmbedResponse>("embedding", "/test", client.embedStream as never);
}

test("a unary call arrives and comes back", async () => {
  await using world = await startWorld(lengthOf);
  assert.deepEqual((await world.client.embed({ text: "four" })).values, [4, 0]);
});

test("a broken constraint is INVALID_ARGUMENT and names the field, over the wire and within a process", async () => {
  await using world = await startWorld(lengthOf);
  const local = localClient(EmbeddingService, world.registration, {
    timeoutMs: 1000,
    onUnexpected: world.onUnexpected,
  });
  for (const client of [world.client, local]) {
    await assert.rejects(client.embed({ text: "" }), (error: IprError) => {
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.equal(error.reason, "INVALID_FIELD");
      assert.equal(error.violations[0]?.field, "text");
      return true;
    });
  }
});

test("bytes that are not the message are refused and the server goes on", async () => {
  await using world = await startWorld(lengthOf);
  const raw = new GrpcClient(world.serving.address, credentials.createInsecure());
  const identity = (bytes: Buffer) => bytes;
  const error = await new Promise<{ code: number } | null>((resolve) => {
    const path = "/ipr.v1.EmbeddingService/Embed";
    raw.makeUnaryRequest(path, identity, identity, Buffer.from([0x0a, 0xff, 0x01]), resolve);
  });
  raw.close();
  assert.ok(error && error.code !== status.OK);
  assert.equal((await world.client.embed({ text: "ok" })).values[0], 2);
});

test("an unforeseen error tells the caller nothing and the log everything", async () => {
  await using world = await startWorld(async () => {
    throw new Error("secret detail");
  });
  await assert.rejects(world.client.embed({ text: "x" }), (error: IprError) => {
    assert.equal(error.code, status.INTERNAL);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  assert.match(String(world.unexpected[0]), /secret detail/);
});

test("a late answer is DEADLINE_EXCEEDED at the caller and aborts the handler", async () => {
  const aborted = Promise.withResolvers<void>();
  const begun: unknown[] = [];
  const never = (request: unknown, { signal }: CallContext) =>
    new Promise<never>(() => {
      begun.push(request);
      signal.addEventListener("abort", () => aborted.resolve());
    });
  await using world = await startWorld(never);
  // On a slow machine a call may end before it has reached the handler; then it says nothing about the handler.
  while (begun.length === 0) {
    await assert.rejects(world.client.embed({ text: "x" }, { timeoutMs: 50 }), {
      code: status.DEADLINE_EXCEEDED,
    });
  }
  await aborted.promise;
});

test("many calls share one stream, answers find their calls, and one error fails alone", async () => {
  await using world = await startWorld(async (request, context) => {
    if (request.text === "bad")
      throw new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", "full", { retryAfterMs: 5 });
    return lengthOf(request, context);
  });
  const stream = streamClient(world.channel);
  const lengths = Array.from({ length: 500 }, (_, i) => i + 1);
  const calls = lengths.map((length) => stream.call({ text: "x".repeat(length) }, { timeoutMs: 30_000 }));
  await assert.rejects(stream.call({ text: "" }, { timeoutMs: 30_000 }), { reason: "INVALID_FIELD" });
  await assert.rejects(stream.call({ text: "bad" }, { timeoutMs: 30_000 }), {
    reason: "OVERLOADED",
    retryAfterMs: 5,
  });
  assert.deepEqual(
    (await Promise.all(calls)).map(({ values }) => values[0]),
    lengths,
  );
  stream.close();
});

test("a call on the stream keeps its own deadline while the others go on", async () => {
  await using world = await startWorld((request, context) =>
    request.text === "never" ? new Promise<never>(() => {}) : lengthOf(request, context),
  );
  const stream = streamClient(world.channel);
  await assert.rejects(stream.call({ text: "never" }, { timeoutMs: 20 }), { code: status.DEADLINE_EXCEEDED });
  assert.equal((await stream.call({ text: "abc" }, { timeoutMs: 30_000 })).values[0], 3);
  stream.close();
});

test("a server that drains answers what it was asked, ends its streams, and is gone", async () => {
  const release = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  await using world = await startWorld(async (request, context) => {
    started.resolve();
    await release.promise;
    return lengthOf(request, context);
  });
  const stream = streamClient(world.channel);
  const open = stream.call({ text: "four" }, { timeoutMs: 30_000 });
  await started.promise;
  const gone = world.serving.drain(30_000);
  release.resolve();
  assert.equal((await open).values[0], 4);
  await gone;
  stream.close();
});

test("when the server goes, open calls fail at once; when it is back, the stream is too", async () => {
  const world = await startWorld((request, context) =>
    request.text === "never" ? new Promise<never>(() => {}) : lengthOf(request, context),
  );
  const stream = streamClient(world.channel);
  assert.equal((await stream.call({ text: "a" }, { timeoutMs: 30_000 })).values[0], 1);
  const open = stream.call({ text: "never" }, { timeoutMs: 30_000 });
  const failed = assert.rejects(open, { reason: "NEIGHBOUR_DOWN" });
  await world.serving.drain(0);
  await failed;

  const restarted = await serveGrpc({
    listen: world.serving.address,
    services: [world.registration],
    isReady: () => true,
    onUnexpected: world.onUnexpected,
  });
  const giveUpAt = Date.now() + 30_000;
  let length: number | undefined;
  while (length === undefined && Date.now() < giveUpAt) {
    const answer = await stream.call({ text: "ab" }, { timeoutMs: 1000 }).catch(() => undefined);
    length = answer?.values[0];
    if (length === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(length, 2);
  stream.close();
  world.channel.close();
  await restarted.drain(0);
});

test("an address that cannot be bound is an error that names the setting", async () => {
  await using world = await startWorld(lengthOf);
  const again = serveGrpc({
    listen: world.serving.address,
    services: [],
    isReady: () => true,
    onUnexpected: () => {},
  });
  await assert.rejects(again, { reason: "BAD_CONFIG" });
});

test("a caller within the process that has left hears so, and neither that nor what comes of it is unexpected", async () => {
  await using world = await startWorld(async () => {
    throw new Error("nobody is left to hear of it");
  });
  const { unexpected, registration, onUnexpected } = world;
  const local = localClient(EmbeddingService, registration, { timeoutMs: 30_000, onUnexpected });
  const call = local.embed({ text: "x" }, { signal: AbortSignal.abort() });
  await assert.rejects(call, { name: "IprError", code: status.CANCELLED });
  await new Promise(setImmediate);
  assert.deepEqual(unexpected, []);
});

test("a stream whose caller has left before it opened is not opened", async () => {
  await using world = await startWorld(lengthOf);
  async function* nothing() {
    yield* [];
  }
  const answers = world.client.embedStream(nothing(), { signal: AbortSignal.abort() });
  await assert.rejects(Array.fromAsync(answers), { code: status.CANCELLED });
});
