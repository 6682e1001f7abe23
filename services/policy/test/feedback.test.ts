import assert from "node:assert/strict";
import { test } from "node:test";
import { createNatsBus } from "@ipr/events";
import { type IprError, status } from "@ipr/errors";
import { startNats, waitFor } from "@ipr/testing";
import { collectFeedback, openWorld } from "./world.ts";

const decisionId = "01a20de9-ec33-7fd8-a671-511138d38e21";

test("a report is durable when Submit returns, and a repeat counts once", async () => {
  await using world = await openWorld();
  const first = await world.feedback.submit({ decisionId, score: 0.5, tenant: "acme" });
  assert.equal(first.duplicate, false);
  const repeat = await world.feedback.submit({ decisionId, score: 0.5, tenant: "acme" });
  assert.deepEqual([repeat.eventId, repeat.duplicate], [first.eventId, true]);
  const other = await world.feedback.submit({ decisionId, score: 0.5, tenant: "acme", source: "judge" });
  assert.equal(other.duplicate, false);
  const reports = collectFeedback(world.bus);
  await waitFor(() => reports.length >= 2, { what: "the reports" });
  assert.deepEqual(
    reports.map(({ eventId, source, score, tenant }) => [eventId, source, score, tenant]),
    [
      [first.eventId, "user", 0.5, "acme"],
      [other.eventId, "judge", 0.5, "acme"],
    ],
  );
});

test("tenant, decision, source and key tell reports apart, each on its own", async () => {
  await using world = await openWorld();
  const reports = [
    { decisionId },
    { decisionId, tenant: "a" },
    { decisionId, source: "a" },
    { decisionId, key: "a" },
    { decisionId: decisionId.replace("01", "02") },
  ];
  const ids = new Set<string>();
  for (const report of reports) ids.add((await world.feedback.submit({ ...report, score: 1 })).eventId);
  assert.equal(ids.size, reports.length);
});

test("the same key with another score is a conflict", async () => {
  await using world = await openWorld();
  await world.feedback.submit({ decisionId, score: 1, key: "k" });
  await assert.rejects(world.feedback.submit({ decisionId, score: 0, key: "k" }), (error: IprError) => {
    assert.equal(error.code, status.ALREADY_EXISTS);
    assert.equal(error.reason, "FEEDBACK_CONFLICT");
    assert.deepEqual(error.metadata, { key: "k" });
    return true;
  });
});

for (const [field, report] of [
  ["score", { decisionId, score: 1.5 }],
  ["score", { decisionId }],
  ["decision_id", { decisionId: "not-an-id", score: 1 }],
] as const) {
  test(`refuses ${JSON.stringify(report)} by the name of its field`, async () => {
    await using world = await openWorld();
    await assert.rejects(world.feedback.submit(report), (error: IprError) => {
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.deepEqual(
        error.violations.map((violation) => violation.field),
        [field],
      );
      return true;
    });
  });
}

test("with NATS gone nothing is promised, and the same report can come again when it is back", async () => {
  await using nats = await startNats();
  await using world = await openWorld({ bus: createNatsBus({ servers: [nats.url], name: "policy" }) });
  await waitFor(() => world.bus.isReady(), { what: "the connection" });
  await nats.kill();
  const lost = world.feedback.submit({ decisionId, score: 1 }, { timeoutMs: 1_000 });
  await assert.rejects(lost, (error: IprError) => {
    assert.ok(["EVENTS_UNAVAILABLE", "DEADLINE"].includes(error.reason), error.reason);
    return true;
  });
  await nats.restart();
  const retried = await waitFor(() => world.feedback.submit({ decisionId, score: 1 }), {
    what: "the confirmation",
  });
  const reports = collectFeedback(world.bus);
  await waitFor(() => reports.length > 0, { what: "the report" });
  assert.deepEqual(
    reports.map(({ eventId }) => eventId),
    [retried.eventId],
  );
});
