import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { fakeUpstream, type SentEvent, waitFor } from "@ipr/testing";
import { candidate, decisionFor, startWorld } from "./world.ts";

async function* oneThenSilence(): AsyncIterable<SentEvent> {
  yield { data: { id: "c", choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] } };
  await new Promise(() => {});
}

async function startPair() {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeUpstream());
  const world = stack.use(
    await startWorld({
      candidates: [candidate("first", upstream.baseUrl), candidate("second", upstream.baseUrl)],
      route: async () => decisionFor("first", { fallbacks: ["second"] }),
    }),
  );
  return { upstream, world, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("a caller who leaves a stream closes the upstream's, and the outcome says so once", async () => {
  await using pair = await startPair();
  const { upstream, world } = pair;
  upstream.next({ kind: "events", events: oneThenSilence() });
  const leaving = new AbortController();
  const response = await world.chat({ stream: true }, { signal: leaving.signal });
  await response.body!.getReader().read();
  leaving.abort();
  assert.equal(await upstream.requests[0]!.ended, "left");
  const { cancelled, completed, streamed, attempts, costUsd } = await world.outcome();
  assert.deepEqual([cancelled, completed, streamed, costUsd], [true, false, true, undefined]);
  assert.deepEqual(
    attempts.map(({ error }) => error),
    ["the caller left"],
  );
  // The next request shows that the process goes on, and its outcome that the first was recorded once.
  await (await world.chat({})).text();
  await waitFor(() => world.outcomes.length === 2, { what: "the second outcome" });
  assert.equal(world.outcomes[1]!.completed, true);
});

test("a caller who leaves before an answer began closes the upstream's call and asks nobody else", async () => {
  await using pair = await startPair();
  const { upstream, world } = pair;
  upstream.next({ kind: "hang" });
  const leaving = new AbortController();
  const asked = world.chat({}, { signal: leaving.signal });
  await waitFor(() => upstream.requests.length === 1, { what: "the upstream call" });
  leaving.abort();
  await assert.rejects(asked);
  assert.equal(await upstream.requests[0]!.ended, "left");
  assert.equal((await world.outcome()).cancelled, true);
  assert.equal(upstream.requests.length, 1);
});

test("callers who leave never open a breaker", async () => {
  await using pair = await startPair();
  const { upstream, world } = pair;
  for (let caller = 1; caller <= 6; caller++) {
    upstream.next({ kind: "hang" });
    const leaving = new AbortController();
    const asked = world.chat({}, { signal: leaving.signal });
    await waitFor(() => upstream.requests.length === caller, { what: "the upstream call" });
    leaving.abort();
    await assert.rejects(asked);
  }
  assert.equal((await world.chat({})).headers.get("x-ipr-model"), "first");
});

test("a caller who leaves while the policy decides is never sent upstream", async () => {
  await using upstream = await fakeUpstream();
  const left = Promise.withResolvers<void>();
  await using world = await startWorld({
    candidates: [candidate("first", upstream.baseUrl)],
    route: async (_request, { signal }) => {
      signal.addEventListener("abort", () => left.resolve());
      await left.promise;
      return decisionFor("first");
    },
  });
  const leaving = new AbortController();
  const asked = world.chat({}, { signal: leaving.signal });
  await waitFor(() => world.asked.length === 1, { what: "the question to the policy" });
  leaving.abort();
  await assert.rejects(asked);
  await left.promise;
  assert.equal(upstream.requests.length, 0);
  assert.equal((await world.chat({ model: "first" })).status, 200);
  assert.equal(upstream.requests.length, 1);
});

test("a caller who does not read his answer is cut when the whole request has taken too long", async () => {
  await using upstream = await fakeUpstream();
  await using world = await startWorld({
    candidates: [candidate("first", upstream.baseUrl)],
    route: async () => decisionFor("first"),
    settings: { totalTimeoutMs: 2_000 },
  });
  // More than the buffers of both ends of a connection hold.
  upstream.next({ kind: "text", text: "x".repeat(32 * 1024 * 1024) });
  const body = JSON.stringify({ model: "ipr/default", messages: [{ role: "user", content: "Hi" }] });
  const { hostname, port } = new URL(world.url);
  using stack = new DisposableStack();
  const caller = stack.adopt(connect(Number(port), hostname), (socket) => socket.destroy());
  caller.on("error", () => {});
  caller.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  const { completed } = await world.outcome();
  assert.equal(completed, false);
});
