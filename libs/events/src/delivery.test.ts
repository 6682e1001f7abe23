import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeliverer } from "./delivery.ts";
import { streams } from "./streams.ts";

const delivery = (position: number) => ({
  event: { subject: "ipr.decision._", id: "", data: new Uint8Array(), position, publishedAt: new Date(0) },
  carrier: {},
});

test("an event that fails again and again is given up, and how often others failed is not counted to it", async () => {
  const notices: string[] = [];
  const deliver = createDeliverer({
    system: "test",
    consumer: { durable: "test", stream: streams.decisions, maxAttempts: 2, backoffMs: [7] },
    handler: () => Promise.reject(new Error("no")),
    notify: ({ kind }) => notices.push(kind),
  });
  assert.deepEqual(await deliver(delivery(1)), { kind: "again", afterMs: 7 });
  assert.deepEqual(await deliver(delivery(2)), { kind: "again", afterMs: 7 });
  assert.deepEqual(await deliver(delivery(1)), { kind: "finished" });
  assert.deepEqual(notices, ["handler_failed", "handler_failed", "event_given_up"]);
});

test("failures are remembered up to a limit: the oldest starts over", async () => {
  const deliver = createDeliverer({
    system: "test",
    consumer: { durable: "test", stream: streams.decisions, maxAttempts: 2, backoffMs: [7] },
    handler: () => Promise.reject(new Error("no")),
    notify: () => undefined,
  });
  for (let position = 0; position <= 10_000; position++) await deliver(delivery(position));
  assert.deepEqual(await deliver(delivery(10_000)), { kind: "finished" });
  assert.deepEqual(await deliver(delivery(0)), { kind: "again", afterMs: 7 });
});
