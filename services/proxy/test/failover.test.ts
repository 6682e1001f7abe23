import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type AnswerWriter, errorAnswer, fakeUpstream } from "@ipr/testing";
import { BreakerState, ProxyService } from "@ipr/proto";
import { localClient } from "@ipr/grpc";
import { candidate, decisionFor, errorOf, readEvents, startWorld, type WorldOptions } from "./world.ts";

/** Short enough to wait for, long enough for the other upstream to answer on a busy machine. */
const patienceMs = 3_000;
const closedPort = "http://127.0.0.1:1/v1";

/** The decision is "first", then "second"; both are real servers. */
async function startPair(options: Partial<WorldOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const first = stack.use(await fakeUpstream());
  const second = stack.use(await fakeUpstream());
  const world = stack.use(
    await startWorld({
      candidates: [candidate("first", first.baseUrl), candidate("second", second.baseUrl)],
      route: async () => decisionFor("first", { fallbacks: ["second"], referenceModel: "second" }),
      ...options,
    }),
  );
  return { first, second, world, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const html: AnswerWriter = (_request, response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<html>");
};
const failures: [what: string, answer: Answer | AnswerWriter, error: RegExp][] = [
  ["500", errorAnswer(500, "broken"), /^HTTP 500$/],
  ["429", errorAnswer(429, "slow down"), /^HTTP 429$/],
  ["a refused key", errorAnswer(401, "bad key"), /^HTTP 401$/],
  ["an unknown model", errorAnswer(404, "no such model"), /^HTTP 404$/],
  ["a cut connection", { kind: "cut" }, /^connection lost/],
  ["silence", { kind: "hang" }, new RegExp(`^no first byte within ${patienceMs} ms$`)],
  [
    "an error with a status of success",
    { kind: "json", body: { error: { message: "no" } } },
    /an error|not an event stream/,
  ],
  ["HTML with a status of success", html, /not JSON|not an event stream/],
];
for (const isStream of [false, true]) {
  for (const [what, answer, error] of failures) {
    test(`${what} goes to the next candidate, ${isStream ? "streamed" : "whole"}`, async () => {
      await using pair = await startPair({
        ...(what === "silence" && {
          settings: { firstByteTimeoutMs: patienceMs, completionTimeoutMs: patienceMs },
        }),
      });
      pair.first.always(answer);
      pair.second.always({ kind: "text", text: "from second" });
      const response = await pair.world.chat({ stream: isStream });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("x-ipr-model"), "second");
      assert.equal(response.headers.get("x-ipr-attempts"), "2");
      assert.match(await response.text(), /second/);
      const { attempts, model, completed } = await pair.world.outcome();
      assert.deepEqual([model, completed, attempts.length], ["second", true, 2]);
      assert.match(attempts[0]!.error, error);
      assert.equal(attempts[1]!.error, "");
    });
  }
}

test("a refused connection goes on, and costs nothing", async () => {
  await using second = await fakeUpstream();
  await using world = await startWorld({
    candidates: [candidate("first", closedPort), candidate("second", second.baseUrl)],
    route: async () => decisionFor("first", { fallbacks: ["second"] }),
  });
  const response = await world.chat({});
  assert.equal(response.headers.get("x-ipr-model"), "second");
  assert.equal(response.headers.get("x-ipr-cost-usd"), "0.00003");
  assert.equal((await world.outcome()).attempts[0]!.error, "not connected: ECONNREFUSED");
});

test("a silent attempt may have been billed, so the cost of the request is unknown", async () => {
  await using pair = await startPair({ settings: { completionTimeoutMs: patienceMs } });
  pair.first.next({ kind: "hang" });
  const response = await pair.world.chat({});
  assert.equal(response.headers.get("x-ipr-model"), "second");
  assert.equal(response.headers.get("x-ipr-cost-usd"), null);
});

test("a candidate's other endpoint comes before the next candidate", async () => {
  await using pair = await startPair();
  const { first, second } = pair;
  const place = (name: string, baseUrl: string) => ({ name, protocol: 1 as const, baseUrl });
  await using world = await startWorld({
    candidates: [
      candidate("twice", null, { endpoints: [place("a", closedPort), place("b", first.baseUrl)] }),
      candidate("second", second.baseUrl),
    ],
    route: async () => decisionFor("twice", { fallbacks: ["second"] }),
  });
  assert.equal((await world.chat({})).headers.get("x-ipr-model"), "twice");
  assert.deepEqual(
    (await world.outcome()).attempts.map(({ endpoint }) => endpoint),
    ["a", "b"],
  );
});

for (const httpStatus of [400, 403, 422]) {
  test(`the caller's own ${httpStatus} comes back as the upstream gave it, and nobody else is asked`, async () => {
    await using pair = await startPair();
    const body = {
      error: { message: "max_tokens is too large", type: "invalid_request_error", param: "max_tokens" },
    };
    pair.first.next({ kind: "json", status: httpStatus, body });
    const response = await pair.world.chat({});
    assert.equal(response.status, httpStatus);
    assert.deepEqual(await response.json(), body);
    assert.equal(response.headers.get("x-ipr-model"), "first");
    assert.equal(response.headers.get("x-ipr-cost-usd"), "0");
    assert.equal(pair.second.requests.length, 0);
    const { attempts, completed, model } = await pair.world.outcome();
    assert.deepEqual([attempts[0]!.httpStatus, completed, model], [httpStatus, false, ""]);
  });
}

test("when all fail, the error names each attempt, and no text of an upstream", async () => {
  await using pair = await startPair();
  pair.first.always(errorAnswer(500, "secret sk-123 in a stack trace"));
  pair.second.always({ kind: "cut" });
  const response = await pair.world.chat({});
  assert.equal(response.status, 502);
  assert.equal(response.headers.get("x-ipr-attempts"), "2");
  const error = await errorOf(response);
  assert.equal(error.code, "upstream_failed");
  assert.match(error.message, /first at main: HTTP 500; second at main: connection lost/);
  assert.doesNotMatch(error.message + pair.world.logLines.join(), /secret/);
  const { completed, cancelled, attempts } = await pair.world.outcome();
  assert.deepEqual([completed, cancelled, attempts.length], [false, false, 2]);
});

test("when all are busy, the answer is 503 with the shortest wait", async () => {
  await using pair = await startPair();
  pair.first.always(errorAnswer(429, "busy", { "retry-after": "7" }));
  pair.second.always(errorAnswer(429, "busy", { "retry-after-ms": "1500" }));
  const response = await pair.world.chat({});
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "2");
});

test("attempts are limited", async () => {
  await using pair = await startPair({ settings: { maxAttempts: 1 } });
  pair.first.always(errorAnswer(500, "broken"));
  assert.equal((await pair.world.chat({})).status, 502);
  assert.equal(pair.second.requests.length, 0);
});

test("the whole request has a deadline of its own", async () => {
  await using pair = await startPair({ settings: { totalTimeoutMs: patienceMs } });
  pair.first.always({ kind: "hang" });
  const response = await pair.world.chat({});
  assert.equal(response.status, 502);
  assert.match((await errorOf(response)).message, /first at main: the whole request took too long/);
  assert.equal(pair.second.requests.length, 0);
});

test("a missing key is named by its variable and goes to the next candidate", async () => {
  await using pair = await startPair();
  const endpoint = {
    name: "main",
    protocol: 1 as const,
    baseUrl: pair.first.baseUrl,
    apiKeyEnv: "NO_SUCH_KEY",
  };
  await using world = await startWorld({
    candidates: [
      candidate("first", null, { endpoints: [endpoint] }),
      candidate("second", pair.second.baseUrl),
    ],
    route: async () => decisionFor("first", { fallbacks: ["second"] }),
  });
  assert.equal((await world.chat({})).headers.get("x-ipr-model"), "second");
  assert.equal((await world.outcome()).attempts[0]!.error, "not connected: NO_SUCH_KEY is not set");
});

test("an endpoint that fails five times in a row is left alone, which ListEndpoints shows", async () => {
  await using pair = await startPair();
  pair.first.always(errorAnswer(503, "down"));
  for (let request = 0; request < 7; request++) {
    assert.equal((await pair.world.chat({})).headers.get("x-ipr-model"), "second");
  }
  assert.equal(pair.first.requests.length, 5);
  const [registration] = pair.world.proxy.registrations;
  const client = localClient(ProxyService, registration!, {
    timeoutMs: 20_000,
    onUnexpected: (error) => assert.fail(String(error)),
  });
  const { endpoints } = await client.listEndpoints({});
  assert.deepEqual(
    endpoints.map(({ candidate, endpoint, breaker, attempts, failures }) => [
      candidate,
      endpoint,
      breaker,
      attempts,
      failures,
    ]),
    [
      ["first", "main", BreakerState.OPEN, 5n, 5n],
      ["second", "main", BreakerState.CLOSED, 7n, 0n],
    ],
  );
  pair.second.always(errorAnswer(500, "down too"));
  const response = await pair.world.chat({});
  assert.equal(response.status, 503);
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  assert.match((await errorOf(response)).message, /first at main: not called, it has failed too often/);
});

test("a caller's faults never open a breaker", async () => {
  await using pair = await startPair();
  pair.first.always(errorAnswer(400, "your fault"));
  for (let request = 0; request < 7; request++) assert.equal((await pair.world.chat({})).status, 400);
  pair.first.always({ kind: "text", text: "fine" });
  assert.equal((await pair.world.chat({})).headers.get("x-ipr-model"), "first");
});

test("an error as the first event of a stream still goes to the next candidate", async () => {
  await using pair = await startPair();
  pair.first.next({ kind: "events", events: [{ data: { error: { message: "overloaded" } } }] });
  const response = await pair.world.chat({ stream: true });
  assert.equal(response.headers.get("x-ipr-model"), "second");
  assert.equal((await readEvents(response)).data.at(-1), "[DONE]");
});
