import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteEncoderManifest } from "@ipr/estimator";
import { openEncoder, type OpenOptions } from "../src/index.ts";
import { type EmbeddingsRequest, fakeOpenAi, fakeTei, rightAnswer, vectorOf } from "./fake-servers.ts";
import { remoteEncoder, temporaryDirectory } from "./worlds.ts";

type Overrides = Partial<RemoteEncoderManifest> & Pick<RemoteEncoderManifest, "url">;

async function open(overrides: Overrides, options: OpenOptions = {}) {
  const directory = await temporaryDirectory();
  try {
    await remoteEncoder(directory.path, { protocol: "openai", ...overrides });
    const encoder = await openEncoder(directory.path, options);
    return {
      encoder,
      async [Symbol.asyncDispose]() {
        await encoder[Symbol.asyncDispose]();
        await directory[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

test("texts go out in batches with model and key, and vectors come back by index at unit length", async () => {
  await using server = await fakeOpenAi();
  const environment = { THE_KEY: "secret" };
  await using world = await open({ url: server.url, keyVariable: "THE_KEY", maxBatch: 2 }, { environment });
  const texts = Array.from({ length: 12 }, (_, n) => "x".repeat(n + 1));
  const vectors = await Promise.all(texts.map((text) => world.encoder.encode(text)));
  for (const [n, vector] of vectors.entries()) {
    const raw = vectorOf(texts[n]!);
    for (const [i, value] of vector.entries()) {
      assert.ok(Math.abs(value - raw[i]! / Math.hypot(...raw)) < 1e-6);
    }
  }
  const [first] = server.requests as [EmbeddingsRequest, ...EmbeddingsRequest[]];
  assert.equal(first.headers["authorization"], "Bearer secret");
  assert.equal(first.body.model, "tiny/model");
  assert.equal(Math.max(...server.requests.map(({ body }) => body.input.length)), 2);
});

test("a server that fails twice is asked a third time, and no more than that", async () => {
  await using passing = await fakeOpenAi((request, count) =>
    count <= 2 ? { status: 503, body: "busy" } : rightAnswer(request),
  );
  await using world = await open({ url: passing.url });
  await world.encoder.encode("red");
  assert.equal(passing.requests.length, 3);

  await using failing = await fakeOpenAi(() => ({ status: 500, body: "broken" }));
  await using other = await open({ url: failing.url });
  await assert.rejects(other.encoder.encode("red"), {
    reason: "NEIGHBOUR_DOWN",
    message: /answered 500: broken/,
  });
  assert.equal(failing.requests.length, 3);
});

test("a refusal is not asked for again", async () => {
  await using server = await fakeOpenAi(() => ({ status: 401, body: "no such key" }));
  await using world = await open({ url: server.url });
  await assert.rejects(world.encoder.encode("red"), /answered 401: no such key/);
  assert.equal(server.requests.length, 1);
});

test("a server that does not answer is given up at the deadline", async () => {
  await using server = await fakeOpenAi(() => "never");
  await using world = await open({ url: server.url, timeoutMs: 100 });
  await assert.rejects(world.encoder.encode("red"), {
    reason: "DEADLINE",
    message: /no answer within 100 ms/,
  });
});

test("a server that is not there is said to be, with its address", async () => {
  await using world = await open({ url: "http://127.0.0.1:1/v1" });
  await assert.rejects(world.encoder.encode("red"), {
    reason: "NEIGHBOUR_DOWN",
    message: /http:\/\/127\.0\.0\.1:1\/v1\/embeddings did not answer/,
  });
});

const wrongAnswers: readonly [string, unknown, RegExp][] = [
  ["another dimension", { data: [{ index: 0, embedding: [1, 2] }] }, /a vector of 2 numbers, but .* says 3/],
  ["too few vectors", { data: [] }, /0 vectors for 1 texts/],
  ["no vectors", { message: "hello" }, /no embeddings, at "data"/],
  ["no JSON", "<html>", /a body that is not JSON/],
];
for (const [what, body, problem] of wrongAnswers) {
  test(`an answer with ${what} is refused and not asked for again`, async () => {
    await using server = await fakeOpenAi(() => ({ status: 200, body }));
    await using world = await open({ url: server.url });
    await assert.rejects(world.encoder.encode("red"), { reason: "WRONG_ENCODER", message: problem });
    assert.equal(server.requests.length, 1);
  });
}

test("a key that is not set, and a model that is not named, are said before anything is sent", async () => {
  await assert.rejects(open({ url: "http://x/v1", keyVariable: "NO_KEY" }), /from NO_KEY, which is not set/);
  await using server = await fakeTei();
  await assert.rejects(
    open({ url: server.url, protocol: "tei-grpc", keyVariable: "THE_KEY" }),
    /use http and no keyVariable/,
  );
});

test("TEI gets the text as it is and answers what it is", async () => {
  await using server = await fakeTei();
  await using world = await open({ url: server.url, protocol: "tei-grpc", prefix: "query: " });
  await Promise.all(["red", "blue"].map((text) => world.encoder.encode(text)));
  assert.deepEqual(server.texts.toSorted(), ["query: blue", "query: red"]);
});

test("TEI with another model is refused, although its vectors would fit", async () => {
  await using server = await fakeTei("other/model");
  await using world = await open({ url: server.url, protocol: "tei-grpc" });
  await assert.rejects(world.encoder.encode("red"), {
    reason: "WRONG_ENCODER",
    metadata: { expected: "tiny/model", actual: "other/model" },
  });
  assert.deepEqual(server.texts, []);
});

test("the address is no part of what an encoder is, the model is", async () => {
  await using here = await open({ url: "http://here/v1" });
  await using there = await open({ url: "http://there/v1" });
  await using other = await open({ url: "http://here/v1", model: "other" });
  assert.equal(here.encoder.id, there.encoder.id);
  assert.notEqual(here.encoder.id, other.encoder.id);
});
