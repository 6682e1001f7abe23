import assert from "node:assert/strict";
import { test } from "node:test";
import { IprError, status } from "@ipr/errors";
import { Role } from "@ipr/proto";
import { fakeUpstream } from "@ipr/testing";
import { candidate, decisionFor, errorOf, startWorld, type WorldOptions } from "./world.ts";

async function startRouted(options: Partial<WorldOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeUpstream());
  const world = stack.use(
    await startWorld({
      candidates: [
        candidate("cheap", upstream.baseUrl, { capabilities: { tools: true } }),
        candidate("strong", upstream.baseUrl),
      ],
      route: async () => decisionFor("cheap"),
      ...options,
    }),
  );
  return { ...world, upstream, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("the router is asked for what the request declares", async () => {
  await using world = await startRouted();
  await world.chat(
    {
      tools: [{ type: "function", function: { name: "f" } }],
      max_completion_tokens: 50,
      ipr: { session: "s" },
    },
    { headers: { "x-ipr-tolerance": "0.25", "x-ipr-tenant": "acme" } },
  );
  const [question] = world.asked;
  assert.equal(question?.router, "default");
  assert.equal(question?.tolerance, 0.25);
  assert.deepEqual([question?.sessionId, question?.tenant], ["s", "acme"]);
  assert.equal(question?.maxOutputTokens, 50);
  assert.equal(question?.constraints?.needsTools, true);
  assert.ok(question?.input.case === "conversation");
  assert.deepEqual(
    question.input.value.messages.map(({ role, text }) => [role, text]),
    [[Role.USER, "Hi"]],
  );
  assert.equal("ipr" in world.upstream.requests[0]!.body, false);
  assert.equal((await world.outcome()).tenant, "acme");
});

test("an outcome belongs to its decision and says what the reference would have cost", async () => {
  await using world = await startRouted();
  world.upstream.always({ kind: "text", text: "ok", usage: { inputTokens: 1000, outputTokens: 250 } });
  const response = await world.chat({});
  const outcome = await world.outcome();
  assert.equal(outcome.decisionId, response.headers.get("x-ipr-decision-id"));
  assert.deepEqual(
    [outcome.router, outcome.model, outcome.completed, outcome.streamed, outcome.simulated],
    ["default", "cheap", true, false, false],
  );
  assert.equal(outcome.costUsd, 0.002);
  assert.equal(outcome.referenceCostUsd, 0.002);
  assert.equal(outcome.attempts[0]!.usage?.inputTokens, 1000n);
});

test("a candidate's own name calls it without asking the router", async () => {
  await using world = await startRouted();
  const response = await world.chat({ model: "strong" });
  assert.equal(response.headers.get("x-ipr-model"), "strong");
  assert.equal(response.headers.get("x-ipr-attempts"), "1");
  assert.match(response.headers.get("x-ipr-decision-id")!, /^[0-9a-f-]{36}$/);
  assert.equal(world.asked.length, 0);
  const { router, referenceCostUsd } = await world.outcome();
  assert.deepEqual([router, referenceCostUsd], ["", undefined]);
});

const badPolicies: [what: string, options: Partial<WorldOptions>][] = [
  ["is down", { route: undefined }],
  ["is late", { route: () => new Promise(() => {}), settings: { routeTimeoutMs: 100 } }],
  ["is overloaded", { route: async () => Promise.reject(overloaded()) }],
  ["has a bug", { route: async () => Promise.reject(new IprError(status.INTERNAL, "INTERNAL", "a bug")) }],
];
const overloaded = () =>
  new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", "the queue is full", {
    metadata: { queue: "route" },
  });

for (const [what, options] of badPolicies) {
  test(`when the policy ${what}, the reference answers, marked degraded`, async () => {
    await using world = await startRouted(options);
    const response = await world.chat({});
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-ipr-model"), "strong");
    assert.equal(response.headers.get("x-ipr-degraded"), "true");
    assert.equal(response.headers.get("x-ipr-expected-saving"), null);
    assert.match(response.headers.get("x-ipr-decision-id")!, /^[0-9a-f-]{36}$/);
    assert.ok(world.logLines.some((line) => line.includes('"event":"decision_degraded"')));
  });
}

test("without a policy, a reference that fails is followed by a candidate that keeps the constraints", async () => {
  await using upstream = await fakeUpstream();
  const closedPort = "http://127.0.0.1:1/v1";
  await using world = await startWorld({
    candidates: [
      candidate("plain", upstream.baseUrl),
      candidate("able", upstream.baseUrl, { capabilities: { tools: true } }),
      candidate("strong", closedPort),
    ],
  });
  const tools = [{ type: "function", function: { name: "f" } }];
  assert.equal((await world.chat({ tools })).headers.get("x-ipr-model"), "able");
});

test("without a policy, the caller's own list of candidates still holds", async () => {
  await using world = await startRouted({ route: undefined });
  const chosen = await world.chat({ ipr: { candidates: ["cheap"] } });
  assert.equal(chosen.headers.get("x-ipr-model"), "cheap");
  const none = await world.chat({ ipr: { candidates: ["other"] } });
  assert.equal(none.status, 400);
  assert.equal((await errorOf(none)).code, "no_candidate_fits");
});

test("what the policy finds wrong with the question is the caller's to see", async () => {
  const refusal = new IprError(status.FAILED_PRECONDITION, "NO_CANDIDATE_FITS", "cheap: lacks vision");
  await using world = await startRouted({ route: async () => Promise.reject(refusal) });
  const response = await world.chat({});
  assert.equal(response.status, 400);
  assert.deepEqual(await errorOf(response), {
    message: "cheap: lacks vision",
    type: "invalid_request_error",
    param: null,
    code: "no_candidate_fits",
  });
  assert.equal(world.upstream.requests.length, 0);
  assert.equal(world.outcomes.length, 0);
});

test("a decision for candidates that this registry does not know is answered by those that it does", async () => {
  await using world = await startRouted({ route: async () => decisionFor("new", { fallbacks: ["cheap"] }) });
  assert.equal((await world.chat({})).headers.get("x-ipr-model"), "cheap");
});

test("a candidate without an endpoint is said to have none", async () => {
  await using world = await startRouted({ candidates: [candidate("nowhere", null)] });
  const response = await world.chat({ model: "nowhere" });
  assert.equal(response.status, 502);
  assert.match((await errorOf(response)).message, /no endpoint is configured for nowhere/);
});

test("a registry change is in force for the next request", async () => {
  await using world = await startRouted();
  await using other = await fakeUpstream();
  await world.registry.update(
    (registry) => {
      registry.candidates[0]!.endpoints[0]!.baseUrl = other.baseUrl;
    },
    { what: "point cheap elsewhere" },
  );
  await world.chat({ model: "cheap" });
  assert.deepEqual([world.upstream.requests.length, other.requests.length], [0, 1]);
});
