import assert from "node:assert/strict";
import { randomUUIDv7 } from "node:crypto";
import { test } from "node:test";
import { IprError, status } from "@ipr/errors";
import { fakeUpstream, type SentEvent, waitFor } from "@ipr/testing";
import { candidate, decisionFor, errorOf, readEvents, startWorld } from "./world.ts";

test("models are the routers and every candidate", async () => {
  await using world = await startWorld({
    candidates: [candidate("cheap", undefined), candidate("org/big", undefined)],
  });
  const list = (await (await fetch(`${world.url}/v1/models`)).json()) as {
    object: string;
    data: { id: string }[];
  };
  assert.equal(list.object, "list");
  assert.deepEqual(
    list.data.map(({ id }) => id),
    ["ipr/default", "cheap", "org/big"],
  );
  for (const id of ["ipr/default", "org/big", "org%2Fbig"]) {
    const model = (await (await fetch(`${world.url}/v1/models/${id}`)).json()) as {
      id: string;
      object: string;
    };
    assert.deepEqual([model.id, model.object], [decodeURIComponent(id), "model"]);
  }
  const unknown = await fetch(`${world.url}/v1/models/ipr/none`);
  assert.equal(unknown.status, 404);
  assert.match((await errorOf(unknown)).message, /known: ipr\/default, cheap, org\/big/);
});

test("the process is live at once, and ready while it has a registry and accepts requests", async () => {
  await using world = await startWorld({ candidates: [candidate("cheap", undefined)] });
  const statusOf = async (path: string) => (await fetch(world.url + path)).status;
  assert.deepEqual([await statusOf("/livez"), await statusOf("/readyz")], [200, 200]);
  world.stopAccepting();
  assert.deepEqual([await statusOf("/livez"), await statusOf("/readyz")], [200, 503]);
});

test("feedback reaches the policy with its tenant, and is acknowledged with the event's id", async () => {
  const submitted: object[] = [];
  await using world = await startWorld({
    candidates: [candidate("cheap", undefined)],
    route: async () => decisionFor("cheap"),
    submit: async ({ decisionId, score, key, source, tenant }) => {
      submitted.push({ decisionId, score, key, source, tenant });
      return { eventId: "event-1", duplicate: submitted.length > 1 };
    },
  });
  const report = { decisionId: randomUUIDv7(), score: 0.5, key: "k", source: "judge" };
  const send = () => world.post("/v1/feedback", report, { headers: { "x-ipr-tenant": "acme" } });
  const first = await send();
  assert.equal(first.status, 202);
  assert.deepEqual(await first.json(), { eventId: "event-1", duplicate: false });
  assert.deepEqual(await (await send()).json(), { eventId: "event-1", duplicate: true });
  assert.deepEqual(submitted[0], { ...report, tenant: "acme" });
});

test("bad feedback is refused by field, and feedback that is not durable is not acknowledged", async () => {
  await using world = await startWorld({
    candidates: [candidate("cheap", undefined)],
    route: async () => decisionFor("cheap"),
    submit: async () =>
      Promise.reject(
        new IprError(status.UNAVAILABLE, "EVENTS_UNAVAILABLE", "the event bus is away", {
          retryAfterMs: 1000,
        }),
      ),
  });
  const decisionId = randomUUIDv7();
  const paramOf = async (body: object) => {
    const response = await world.post("/v1/feedback", body);
    assert.equal(response.status, 400);
    return (await errorOf(response)).param;
  };
  assert.equal(await paramOf({ decisionId, score: 5 }), "score");
  assert.equal(await paramOf({ decisionId }), "score");
  assert.equal(await paramOf({ decisionId: "x", score: 1 }), "decisionId");
  assert.equal(await paramOf({ decisionId, score: 1, sorce: "user" }), "sorce");
  const lost = await world.post("/v1/feedback", { decisionId, score: 1 });
  assert.equal(lost.status, 503);
  assert.equal(lost.headers.get("retry-after"), "1");
  assert.equal((await errorOf(lost)).code, "events_unavailable");
});

test("without a provider the answer is simulated and says so in text, header and outcome", async () => {
  await using world = await startWorld({
    candidates: [candidate("cheap", undefined), candidate("strong", undefined)],
    route: async () => decisionFor("cheap"),
  });
  const response = await world.chat({});
  assert.equal(response.headers.get("x-ipr-simulated"), "true");
  assert.ok(Number(response.headers.get("x-ipr-cost-usd")) > 0);
  const body = (await response.json()) as { choices: { message: { content: string } }[]; usage: object };
  const said = body.choices[0]!.message.content;
  assert.match(said, /^No provider is configured: this answer is simulated, in the place of cheap\./);
  assert.equal((await world.outcome()).simulated, true);

  const { data } = await readEvents(await world.chat({ stream: true }));
  const chunks = data.slice(0, -1).map(
    (chunk) =>
      JSON.parse(chunk) as {
        choices: { delta: { content?: string } }[];
        ipr?: { simulated: boolean; costUsd: number };
      },
  );
  assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), said);
  assert.ok(chunks.length > 10);
  assert.equal(chunks.at(-1)?.ipr?.simulated, true);
  assert.equal(String(chunks.at(-1)?.ipr?.costUsd), response.headers.get("x-ipr-cost-usd"));
});

test("a drain lets an open stream finish, refuses new connections and ends", async () => {
  await using upstream = await fakeUpstream();
  const goOn = Promise.withResolvers<void>();
  async function* slowly(): AsyncIterable<SentEvent> {
    const part = (content: string, finish_reason: string | null) => ({
      data: { id: "c", choices: [{ index: 0, delta: { content }, finish_reason }] },
    });
    yield part("a", null);
    await goOn.promise;
    yield part("b", "stop");
    yield { data: "[DONE]" };
  }
  upstream.next({ kind: "events", events: slowly() });
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl)] });
  const response = await world.chat({ model: "cheap", stream: true });
  const drained = world.serving.drain(30_000);
  await waitFor(
    async () => {
      const refused = await fetch(`${world.url}/livez`).then(
        () => false,
        () => true,
      );
      return refused;
    },
    { what: "new connections to be refused" },
  );
  goOn.resolve();
  const { data, isClean } = await readEvents(response);
  assert.equal(isClean, true);
  assert.equal(data.at(-1), "[DONE]");
  await drained;
});

test("a drain cuts what has not ended when its grace has", async () => {
  await using upstream = await fakeUpstream();
  upstream.next({ kind: "hang" });
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl)] });
  const asked = world.chat({ model: "cheap" });
  asked.catch(() => {});
  await waitFor(() => upstream.requests.length === 1, { what: "the upstream call" });
  await world.serving.drain(10);
  await assert.rejects(asked);
  assert.equal((await world.outcome()).cancelled, true);
});
