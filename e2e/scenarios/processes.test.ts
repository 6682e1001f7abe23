/** All services as processes of their own, with a real NATS server and an upstream that speaks OpenAI's wire. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomUUID } from "node:crypto";
import { waitFor } from "@ipr/testing";
import OpenAI from "openai";
import { clients, type Processes, startProcesses } from "../src/processes.ts";

let world: Processes;
before(async () => {
  world = await startProcesses();
});
after(() => world[Symbol.asyncDispose]());

const prompt = "Prove that the square root of two is irrational.";
const input = { case: "prompt", value: prompt } as const;
const openai = () => new OpenAI({ baseURL: `${world.http}/v1`, apiKey: "unused", maxRetries: 0 });
const route = (request = {}) => clients(world).router.route({ router: "default", input, ...request });

/** Routes until an answer is not degraded: a neighbour that has just come back is found within its backoff. */
const healthyRoute = () =>
  waitFor(
    async () => {
      const decision = await route();
      return decision.degraded ? undefined : decision;
    },
    { what: "a decision with estimates" },
  );

test("Route and an OpenAI client get the same choice for the same prompt", async () => {
  const decision = await healthyRoute();
  world.upstream.always({
    kind: "text",
    text: "By contradiction.",
    usage: { inputTokens: 12, outputTokens: 4 },
  });
  const { data, response } = await openai()
    .chat.completions.create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
    .withResponse();
  assert.equal(response.headers.get("x-ipr-model"), decision.model);
  assert.equal(data.choices[0]?.message.content, "By contradiction.");
  assert.equal(world.upstream.requests.at(-1)?.body["model"], decision.model);
  assert.equal(decision.candidates.length, 4);
  assert.ok(
    decision.candidates.every(({ quality }) => quality !== undefined && quality >= 0 && quality <= 1),
  );
  assert.match(response.headers.get("x-ipr-decision-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.ok(Number(response.headers.get("x-ipr-cost-usd")) > 0);
});

test("a stream arrives whole, with what it cost in the last chunk", async () => {
  await healthyRoute();
  world.upstream.always({ kind: "text", text: "one two three", usage: { inputTokens: 12, outputTokens: 3 } });
  const stream = await openai().chat.completions.create({
    model: "ipr/default",
    messages: [{ role: "user", content: prompt }],
    stream: true,
  });
  let text = "";
  let told: { costUsd?: number; decisionId?: string } | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    if ("ipr" in chunk) told = chunk.ipr as typeof told;
  }
  assert.equal(text, "one two three");
  assert.ok(told && (told.costUsd ?? 0) > 0 && told.decisionId);
});

test("feedback on a completion changes the calibration, and the next Route carries it", async () => {
  const before = await healthyRoute();
  world.upstream.always({ kind: "text", text: "wrong" });
  const { response } = await openai()
    .chat.completions.create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
    .withResponse();
  const decisionId = response.headers.get("x-ipr-decision-id") ?? "";
  const submitted = await fetch(`${world.http}/v1/feedback`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ decisionId, score: 0 }),
  });
  assert.ok(submitted.ok, `${submitted.status} ${await submitted.clone().text()}`);

  const calibrated = await waitFor(
    async () => {
      const decision = await route();
      return decision.calibration === before.calibration || decision.degraded ? undefined : decision;
    },
    { what: "a decision with the new calibration" },
  );
  const chosen = response.headers.get("x-ipr-model");
  const qualityIn = (decision: typeof before) =>
    decision.candidates.find(({ name }) => name === chosen)?.quality ?? 0;
  assert.ok(
    qualityIn(calibrated) < qualityIn(before),
    "a score of 0 lowers the estimate of the candidate that answered",
  );
  const { active, joined } = await clients(world).recalibration.getStatus({});
  assert.equal(active?.revision, calibrated.calibration);
  assert.ok(joined >= 1n);
});

test("the same feedback twice counts once", async () => {
  const { decisionId } = await healthyRoute();
  const { feedback } = clients(world);
  const first = await feedback.submit({ decisionId, score: 0.5, key: "k" });
  const second = await feedback.submit({ decisionId, score: 0.5, key: "k" });
  assert.equal(second.eventId, first.eventId);
  assert.deepEqual([first.duplicate, second.duplicate], [false, true]);
  await assert.rejects(feedback.submit({ decisionId, score: 1, key: "k" }), { reason: "FEEDBACK_CONFLICT" });
});

for (const neighbour of ["quality", "embedding"] as const) {
  test(`with ${neighbour} killed the reference answers, marked degraded, and estimates come back with it`, async () => {
    await healthyRoute();
    await world.kill(neighbour);
    const degraded = await waitFor(
      async () => {
        const decision = await route();
        return decision.degraded ? decision : undefined;
      },
      { what: "a degraded decision" },
    );
    assert.equal(degraded.model, "claude-3-5-sonnet-20241022");
    assert.equal(degraded.model, degraded.referenceModel);
    assert.notEqual(degraded.degradedReason, "");

    world.upstream.always({ kind: "text", text: "still here" });
    const { data, response } = await openai()
      .chat.completions.create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
      .withResponse();
    assert.equal(data.choices[0]?.message.content, "still here");
    assert.equal(response.headers.get("x-ipr-degraded"), "true");

    await world.restart(neighbour);
    await healthyRoute();
  });
}

test("with policy killed the proxy answers with the router's reference, marked degraded", async () => {
  await healthyRoute();
  await world.kill("policy");
  world.upstream.always({ kind: "text", text: "still here" });
  const { data, response } = await openai()
    .chat.completions.create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
    .withResponse();
  assert.equal(data.choices[0]?.message.content, "still here");
  assert.equal(response.headers.get("x-ipr-model"), "claude-3-5-sonnet-20241022");
  assert.equal(response.headers.get("x-ipr-degraded"), "true");
  await world.restart("policy");
  await healthyRoute();
});

test("with NATS killed decisions and completions go on, and feedback is refused rather than lost", async () => {
  await healthyRoute();
  await world.nats.kill();
  assert.equal((await route()).degraded, false);
  const { feedback } = clients(world);
  const refused = feedback.submit({ decisionId: randomUUID(), score: 1 });
  await assert.rejects(refused, { reason: "EVENTS_UNAVAILABLE" });
  await world.nats.restart();
  const { decisionId } = await route();
  await waitFor(() => feedback.submit({ decisionId, score: 1 }), { what: "feedback to be taken again" });
});

test("recalibration killed and started again goes on from where it was", async () => {
  await world.kill("recalibration");
  const decision = await healthyRoute();
  await clients(world).feedback.submit({ decisionId: decision.decisionId, score: 0 });
  await world.restart("recalibration");
  await waitFor(async () => (await healthyRoute()).calibration !== decision.calibration, {
    what: "the feedback given meanwhile to be learned",
  });
});

test("bad requests are told what and where, and the services go on", async () => {
  const { router } = clients(world);
  await assert.rejects(router.route({ router: "default", input, tolerance: 1.5 }), {
    reason: "INVALID_FIELD",
    message: /tolerance/,
  });
  await assert.rejects(router.route({ router: "nope", input }), {
    reason: "UNKNOWN_ROUTER",
    message: /careful/,
  });
  await assert.rejects(router.route({ input: { case: "prompt", value: "" } }), {
    reason: "INVALID_FIELD",
    message: /prompt/,
  });
  await assert.rejects(router.route({ input: { case: "prompt", value: "x".repeat(5_000_000) } }), {
    reason: "INVALID_FIELD",
    message: /prompt.*4194304/,
  });
  await assert.rejects(router.route({ input, constraints: { needsVision: true } }), {
    reason: "NO_CANDIDATE_FITS",
  });
  await healthyRoute();
});

test("a router without evidence of its own serves the reference and says what it would choose", async () => {
  const decision = await clients(world).router.route({ router: "careful", input, tolerance: 1 });
  assert.equal(decision.model, "claude-3-5-sonnet-20241022");
  assert.equal(decision.recommendedModel, "gpt-4o-mini-2024-07-18");
});

test("every service drains and exits 0 on SIGTERM", async () => {
  await Promise.all(
    Object.values(world.services).map(async ({ process }) => {
      const { code } = await process.stop();
      assert.equal(code, 0, process.output());
    }),
  );
});
