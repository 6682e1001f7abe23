import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createNatsBus } from "@ipr/events";
import { IprError, status } from "@ipr/errors";
import { Gate, Infeasibility, Role, TrustState } from "@ipr/proto";
import { startNats, waitFor } from "@ipr/testing";
import { collectDecisions, openWorld } from "./world.ts";

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function prompt(value: string) {
  return { input: { case: "prompt", value } } as const;
}

for (const streamed of [true, false]) {
  test(`decides with its neighbours over ${streamed ? "streams" : "single calls"}, and explains it`, async () => {
    await using world = await openWorld({ streamed });
    const response = await world.router.route(prompt("Why?"));
    assert.equal(response.model, "middle");
    assert.equal(response.recommendedModel, "middle");
    assert.equal(response.referenceModel, "strong");
    assert.equal(response.router, "default");
    assert.match(response.decisionId, uuidV7);
    assert.equal(response.degraded, false, response.degradedReason);
    assert.equal(response.threshold, 0.75);
    assert.equal(response.expectedSaving, 0.5);
    assert.equal(response.expectedQualityChange, -0.25);
    assert.equal(response.propensity, 1);
    assert.equal(response.trustState, TrustState.ROUTE);
    assert.equal(response.trustForced, true);
    assert.equal(response.bundle, "bundle-1");
    assert.equal(response.calibration, "calibration-1");
    assert.deepEqual(response.fallbacks, ["strong", "cheap"]);
    assert.deepEqual(
      response.candidates.map(({ name, feasible, reasonCode }) => [name, feasible, reasonCode]),
      [
        ["strong", true, Infeasibility.UNSPECIFIED],
        ["middle", true, Infeasibility.UNSPECIFIED],
        ["cheap", false, Infeasibility.BELOW_THRESHOLD],
      ],
    );
    assert.equal(response.candidates[1]?.cost?.inputTokens, 1);
    assert.equal(response.candidates[1]?.expectedCostUsd, (1001 * 4) / 1e6);
    assert.ok((response.timings?.totalMs ?? 0) > 0);
    assert.deepEqual(world.quality.requests[0]?.candidates, ["strong", "middle", "cheap"]);
    assert.equal(world.quality.requests[0]?.encoder, "fake@1");
  });
}

test("the caller's tolerance and candidates go before the router's", async () => {
  await using world = await openWorld();
  assert.equal((await world.router.route({ ...prompt("x"), tolerance: 1 })).model, "cheap");
  assert.equal((await world.router.route({ ...prompt("x"), tolerance: 0 })).model, "strong");
  const restricted = await world.router.route({
    ...prompt("x"),
    tolerance: 0,
    candidates: ["cheap", "middle"],
  });
  assert.equal(restricted.model, "middle");
  assert.deepEqual(
    restricted.candidates.map(({ name }) => name),
    ["middle", "cheap"],
  );
  assert.equal(restricted.expectedSaving, 0.5);
});

test("a router nobody trusts yet lets the reference serve and tells what it would choose", async () => {
  await using world = await openWorld();
  const response = await world.router.route({ ...prompt("x"), router: "fresh" });
  assert.equal(response.model, "strong");
  assert.equal(response.recommendedModel, "middle");
  assert.equal(response.trustState, TrustState.COLD);
  assert.equal(response.trustForced, false);
  assert.equal(response.degraded, false);
});

test("what a conversation holds, a candidate must be able to do", async () => {
  await using world = await openWorld();
  const message = { role: Role.USER, text: "what is this?", mediaTypes: ["image/png"] };
  const response = await world.router.route({
    input: { case: "conversation", value: { messages: [message] } },
    tolerance: 1,
  });
  assert.equal(response.model, "strong");
  assert.match(response.candidates[2]?.reason ?? "", /lacks vision/);
  const tools = await world.router.route({
    input: { case: "conversation", value: { messages: [{ role: Role.USER, text: "x" }], hasTools: true } },
    tolerance: 1,
  });
  assert.equal(tools.model, "middle");
});

test("a conversation is encoded as the text of its last turns", async () => {
  await using world = await openWorld();
  const messages = [
    { role: Role.SYSTEM, text: "Be brief." },
    { role: Role.USER, text: "Hi" },
    { role: Role.ASSISTANT, text: "Hello" },
    { role: Role.USER, text: "Why?" },
  ];
  await world.router.route({ input: { case: "conversation", value: { messages } } });
  assert.deepEqual(world.embedding.texts, ["Be brief.\n\nHi\n\nHello\n\nWhy?"]);
});

test("constraints exclude, and each exclusion has its reason", async () => {
  await using world = await openWorld();
  const response = await world.router.route({
    ...prompt("x"),
    tolerance: 1,
    constraints: { needsJsonSchema: true },
  });
  assert.equal(response.model, "strong");
  assert.equal(response.endpoint, "main");
  assert.deepEqual(
    response.candidates.map(({ reasonCode }) => reasonCode),
    [Infeasibility.UNSPECIFIED, Infeasibility.CAPABILITY, Infeasibility.CAPABILITY],
  );
});

test("a target is mapped to a tolerance by the bundle's table, and one out of reach is refused with the nearest", async () => {
  await using world = await openWorld();
  const aimAt = (kind: { case: "minSaving" | "maxQualityLoss" | "maxCostUsd"; value: number }) =>
    world.router.route({ ...prompt("x"), target: { kind } });
  assert.equal((await aimAt({ case: "minSaving", value: 0.25 })).tolerance, 0.25);
  assert.equal((await aimAt({ case: "maxQualityLoss", value: 0 })).tolerance, 0);
  await assert.rejects(aimAt({ case: "minSaving", value: 0.75 }), {
    reason: "TARGET_UNREACHABLE",
    metadata: { nearest: "0.5" },
  });
  const call = world.router.route({
    ...prompt("x"),
    candidates: ["strong"],
    target: { kind: { case: "minSaving", value: 0 } },
  });
  await assert.rejects(call, { reason: "TARGET_UNREACHABLE", message: /table is for the candidates/ });
});

test("after a hot swap a target is mapped by the table of the bundle that made the estimates, asked for once", async () => {
  await using world = await openWorld();
  const target = { kind: { case: "minSaving" as const, value: 0.75 } };
  const aim = () => world.router.route({ ...prompt("x"), target });
  await assert.rejects(aim(), { reason: "TARGET_UNREACHABLE" });
  world.quality.savings = { "bundle-1": 0.5, "bundle-2": 0.75 };
  world.quality.bundle = "bundle-2";
  world.quality.tablesAsked.length = 0;
  for (let n = 0; n < 2; n++) {
    const { bundle, tolerance } = await aim();
    assert.deepEqual([bundle, tolerance], ["bundle-2", 0.25]);
  }
  world.quality.bundle = "bundle-1";
  await assert.rejects(aim(), { reason: "TARGET_UNREACHABLE" });
  assert.deepEqual(world.quality.tablesAsked, ["bundle-2"]);
});

test("a target without estimates is not refused: the reference answers, degraded", async () => {
  await using world = await openWorld();
  await world.quality.kill();
  const target = { kind: { case: "minSaving" as const, value: 0.75 } };
  const { model, degraded } = await world.router.route({ ...prompt("x"), target });
  assert.deepEqual([model, degraded], ["strong", true]);
});

test("a highest cost takes the predicted best within it", async () => {
  await using world = await openWorld();
  const { candidates } = await world.router.route(prompt("x"));
  const value = candidates.find(({ name }) => name === "middle")?.expectedCostUsd ?? 0;
  const target = { kind: { case: "maxCostUsd" as const, value } };
  const response = await world.router.route({ ...prompt("x"), target });
  assert.equal(response.recommendedModel, "middle");
  assert.equal(response.candidates.find(({ name }) => name === "strong")?.reasonCode, Infeasibility.COST);
});

test("a target beside a tolerance is refused", async () => {
  await using world = await openWorld();
  const target = { kind: { case: "minSaving" as const, value: 0.1 } };
  await assert.rejects(world.router.route({ ...prompt("x"), tolerance: 0.1, target }), {
    reason: "INVALID_FIELD",
    message: /target.*beside a tolerance/,
  });
});

test("without explanation the candidates are left out, and the decision is the same", async () => {
  await using world = await openWorld();
  const [brief, full] = await Promise.all(
    [false, true].map((explain) => world.router.route({ ...prompt("x"), explain })),
  );
  assert.deepEqual([brief?.candidates.length, full?.candidates.length], [0, 3]);
  assert.equal(brief?.model, full?.model);
});

test("nothing fits: FAILED_PRECONDITION with the reason of each candidate", async () => {
  await using world = await openWorld();
  const call = world.router.route({ ...prompt("x"), constraints: { allowFamilies: ["nobody"] } });
  await assert.rejects(call, (error: IprError) => {
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.equal(error.reason, "NO_CANDIDATE_FITS");
    assert.deepEqual(Object.keys(error.metadata).toSorted(), ["cheap", "middle", "strong"]);
    assert.match(error.metadata["cheap"] ?? "", /family other is not among nobody/);
    return true;
  });
});

test("unknown names are NOT_FOUND, with the known ones", async () => {
  await using world = await openWorld();
  await assert.rejects(world.router.route({ ...prompt("x"), router: "defualt" }), (error: IprError) => {
    assert.equal(error.code, status.NOT_FOUND);
    assert.equal(error.reason, "UNKNOWN_ROUTER");
    assert.deepEqual(error.metadata, { router: "defualt", known: "default,fresh" });
    return true;
  });
  await assert.rejects(
    world.router.route({ ...prompt("x"), candidates: ["strong", "nope"] }),
    (error: IprError) => {
      assert.equal(error.code, status.NOT_FOUND);
      assert.equal(error.reason, "UNKNOWN_CANDIDATE");
      assert.deepEqual(error.metadata, { candidate: "nope", known: "strong,middle,cheap" });
      return true;
    },
  );
});

const badFields: [what: string, request: object, field: string][] = [
  ["tolerance 1.5", { ...prompt("x"), tolerance: 1.5 }, "tolerance"],
  ["a tolerance that is no number", { ...prompt("x"), tolerance: Number.NaN }, "tolerance"],
  ["an empty prompt", prompt(""), "prompt"],
  ["a prompt of 5 MB", prompt("x".repeat(5_000_000)), "prompt"],
  ["no input at all", {}, "input"],
  [
    "a conversation in which nobody says anything",
    { input: { case: "conversation", value: { messages: [{ role: Role.USER }] } } },
    "conversation.messages",
  ],
  [
    "a conversation of 5 MB in small messages",
    {
      input: {
        case: "conversation",
        value: {
          messages: Array.from({ length: 50 }, () => ({ role: Role.USER, text: "é".repeat(50_000) })),
        },
      },
    },
    "conversation.messages",
  ],
  ["a decision id that is none", { ...prompt("x"), decisionId: "7" }, "decision_id"],
  ["a negative cost", { ...prompt("x"), constraints: { maxCostUsd: -1 } }, "constraints.max_cost_usd"],
];
for (const [what, request, field] of badFields) {
  test(`refuses ${what} by the name of its field, and goes on`, async () => {
    await using world = await openWorld();
    await assert.rejects(world.router.route(request), (error: IprError) => {
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.equal(error.reason, "INVALID_FIELD");
      assert.deepEqual(
        error.violations.map((violation) => violation.field),
        [field],
      );
      return true;
    });
    assert.equal((await world.router.route(prompt("x"))).model, "middle");
    assert.deepEqual(world.unexpected, []);
  });
}

test("a neighbour that is killed degrades decisions, and they recover when it is back", async () => {
  await using world = await openWorld();
  for (const neighbour of [world.embedding, world.quality]) {
    assert.equal((await world.router.route(prompt("x"))).degraded, false);
    await neighbour.kill();
    const degraded = await world.router.route(prompt("x"));
    assert.equal(degraded.degraded, true);
    assert.equal(degraded.model, "strong");
    assert.match(degraded.degradedReason, neighbour === world.embedding ? /^embedding/ : /^quality/);
    assert.equal(degraded.threshold, undefined);
    assert.equal(degraded.referenceQuality, undefined);
    assert.equal(degraded.bundle, "");
    assert.ok(degraded.expectedSaving !== undefined);
    await neighbour.restart();
    await waitFor(async () => !(await world.router.route(prompt("x"))).degraded, { what: "the recovery" });
  }
});

for (const streamed of [true, false]) {
  test(`a neighbour that never answers degrades the decision (${streamed ? "streams" : "single calls"})`, async () => {
    await using world = await openWorld({ streamed, estimateTimeoutMs: 50 });
    world.quality.before = () => new Promise(() => {});
    const response = await waitFor(
      async () => {
        const answer = await world.router.route(prompt("x"));
        return answer.degradedReason.startsWith("quality") && answer;
      },
      { what: "a decision that the quality service held up" },
    );
    assert.equal(response.degraded, true);
    assert.equal(response.model, "strong");
  });
}

test("a caller with less time than the estimate still gets its decision in time", async () => {
  await using world = await openWorld();
  await world.router.route(prompt("x"));
  world.embedding.before = () => new Promise(() => {});
  const response = await world.router.route(prompt("x"), { timeoutMs: 4_000 });
  assert.equal(response.degraded, true);
  assert.match(response.degradedReason, /embedding.*no answer within/);
});

test("a neighbour's own error degrades the decision and is not the caller's", async () => {
  await using world = await openWorld();
  const overloaded = new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", "the queue is full");
  world.quality.before = () => Promise.reject(overloaded);
  const response = await world.router.route(prompt("x"));
  assert.equal(response.degraded, true);
  assert.equal(response.degradedReason, "quality: the queue is full");
  assert.equal(response.model, "strong");
});

test("a reference that does not fit is replaced by the cheapest that does when degraded", async () => {
  await using world = await openWorld();
  await world.embedding.kill();
  const response = await world.router.route({ ...prompt("x"), candidates: ["middle", "cheap"] });
  assert.equal(response.degraded, true);
  assert.equal(response.model, "cheap");
});

test("a bundle that knows none of the candidates degrades the decision and says so", async () => {
  await using world = await openWorld();
  world.quality.qualities = {};
  const response = await world.router.route(prompt("x"));
  assert.equal(response.degraded, true);
  assert.match(response.degradedReason, /bundle-1 has no estimate/);
});

test("images without a word are decided without estimates", async () => {
  await using world = await openWorld();
  const message = { role: Role.USER, mediaTypes: ["image/png"] };
  const response = await world.router.route({
    input: { case: "conversation", value: { messages: [message] } },
  });
  assert.equal(response.degraded, true);
  assert.match(response.degradedReason, /no text/);
  assert.equal(response.model, "strong");
});

test("an estimate out of range is no estimate", async () => {
  await using world = await openWorld();
  world.quality.qualities = { strong: 1, middle: Number.NaN, cheap: 7 };
  const response = await world.router.route({ ...prompt("x"), tolerance: 1 });
  assert.equal(response.model, "strong");
  assert.deepEqual(
    response.candidates.map(({ quality }) => quality),
    [1, undefined, undefined],
  );
});

async function checkDecisionEvent(world: Awaited<ReturnType<typeof openWorld>>): Promise<void> {
  const decisions = collectDecisions(world.bus);
  const request = { ...prompt("Why?"), tenant: "acme", sessionId: "s1" };
  const response = await world.router.route(request);
  const event = await waitFor(() => decisions.find(({ decisionId }) => decisionId === response.decisionId), {
    what: "the decision event",
  });
  assert.equal(event.tenant, "acme");
  assert.equal(event.sessionId, "s1");
  assert.equal(event.model, "middle");
  assert.equal(event.gate, Gate.DYNAMIC_MAX);
  assert.equal(event.threshold, 0.75);
  assert.equal(event.encoder, "fake@1");
  assert.equal(event.bundle, "bundle-1");
  assert.equal(event.registryRevision, response.registryRevision);
  assert.equal(event.textSha256, createHash("sha256").update("Why?").digest("hex"));
  assert.deepEqual(
    event.actions.map(({ candidate, logit, quality, propensity, feasible }) => [
      candidate,
      logit,
      quality,
      propensity,
      feasible,
    ]),
    [
      ["strong", 0.5, 1, 0, true],
      ["middle", 0.5, 0.75, 1, true],
      ["cheap", 0.5, 0.5, 0, false],
    ],
  );
}

test("a decision leaves an event with all that is needed to learn from it, and without the text", async () => {
  await using world = await openWorld();
  await checkDecisionEvent(world);
});

test("the same over a real NATS", async () => {
  await using nats = await startNats();
  await using world = await openWorld({ bus: createNatsBus({ servers: [nats.url], name: "policy" }) });
  await checkDecisionEvent(world);
});

test("with NATS gone decisions go on, and their events come when it is back", async () => {
  await using nats = await startNats();
  await using world = await openWorld({ bus: createNatsBus({ servers: [nats.url], name: "policy" }) });
  await world.router.route(prompt("x"));
  await nats.kill();
  const response = await world.router.route(prompt("x"));
  assert.equal(response.degraded, false);
  await nats.restart();
  const decisions = collectDecisions(world.bus);
  await waitFor(() => decisions.some(({ decisionId }) => decisionId === response.decisionId), {
    what: "the event",
  });
});

test("a caller that retries under its own decision id leaves one event", async () => {
  await using world = await openWorld();
  const decisions = collectDecisions(world.bus);
  const decisionId = "01a20de9-ec33-7fd8-a671-511138d38e21";
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal((await world.router.route({ ...prompt("x"), decisionId })).decisionId, decisionId);
  }
  const last = await world.router.route(prompt("y"));
  await waitFor(() => decisions.some((event) => event.decisionId === last.decisionId), {
    what: "the last event",
  });
  assert.equal(decisions.length, 2);
});

test("neither prompts nor their parts reach the log", async () => {
  await using world = await openWorld();
  await world.router.route(prompt("my secret is 42"));
  await world.embedding.kill();
  await world.router.route(prompt("my secret is 43"));
  const log = world.logLines.join("");
  assert.match(log, /decision_made/);
  assert.match(log, /decision_degraded/);
  assert.doesNotMatch(log, /secret/);
});
