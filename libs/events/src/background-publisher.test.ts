import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "@ipr/testing";
import { createBackgroundPublisher } from "./background-publisher.ts";
import type { EventBus, OutgoingEvent } from "./event-bus.ts";
import { eventsUnavailable, eventTooLarge } from "./failure.ts";

const event = (id: number | string): OutgoingEvent => ({
  subject: "ipr.decision._",
  id: String(id),
  data: new Uint8Array(10),
});

/** A bus that is here or away, and remembers what was stored and how many publishes ran at once. */
function fakeBus() {
  const stored: string[] = [];
  const bus = {
    stored,
    isHere: true,
    running: 0,
    mostRunning: 0,
    publish: async ({ id }: OutgoingEvent) => {
      bus.mostRunning = Math.max(bus.mostRunning, ++bus.running);
      await new Promise((resolve) => setImmediate(resolve));
      bus.running--;
      if (!bus.isHere) throw eventsUnavailable("is away");
      if (id === "huge") throw eventTooLarge("ipr.decision._", 2, 1);
      const duplicate = stored.includes(id);
      if (!duplicate) stored.push(id);
      return { duplicate };
    },
  } satisfies Pick<EventBus, "publish"> & Record<string, unknown>;
  return bus;
}

test("publishes what is offered, in order, with a bounded number at once", async () => {
  const bus = fakeBus();
  await using publisher = createBackgroundPublisher(bus);
  const ids = Array.from({ length: 1_000 }, (_, id) => String(id));
  ids.forEach((id) => publisher.offer(event(id)));
  publisher.offer(event(0));
  assert.deepEqual(await publisher.flush(30_000), { pending: 0 });
  assert.deepEqual(bus.stored, ids);
  assert.equal(bus.mostRunning, 256);
  assert.deepEqual(publisher.counts(), { pending: 0, published: 1_000, duplicates: 1, dropped: 0 });
});

test("while the bus is away it keeps the newest events up to its bound and counts exactly what it dropped", async () => {
  const bus = fakeBus();
  bus.isHere = false;
  const dropped: string[] = [];
  await using publisher = createBackgroundPublisher(bus, {
    maxPendingEvents: 300,
    onDropped: ({ id }, why) => dropped.push(`${id} ${String(why)}`),
  });
  for (let id = 0; id < 300; id++) publisher.offer(event(id));
  await waitFor(() => bus.running === 0, { what: "the first attempts to fail" });
  for (let id = 300; id < 500; id++) publisher.offer(event(id));
  assert.deepEqual(await publisher.flush(20), { pending: 300 });
  bus.isHere = true;
  assert.deepEqual(await publisher.flush(30_000), { pending: 0 });
  assert.deepEqual(
    dropped,
    Array.from({ length: 200 }, (_, id) => `${id} overflow`),
  );
  assert.deepEqual(
    bus.stored,
    Array.from({ length: 300 }, (_, index) => String(200 + index)),
  );
  assert.deepEqual(publisher.counts(), { pending: 0, published: 300, duplicates: 0, dropped: 200 });
});

test("the bytes that wait are bounded too", async () => {
  const bus = fakeBus();
  await using publisher = createBackgroundPublisher(bus, { maxPendingBytes: 2_600 });
  for (let id = 0; id < 300; id++) publisher.offer(event(id));
  assert.equal(publisher.counts().pending, 260);
  assert.equal(publisher.counts().dropped, 40);
  await publisher.flush(30_000);
  assert.equal(publisher.counts().published, 260);
});

test("an event the bus refuses for good is dropped and does not hold up the others", async () => {
  const bus = fakeBus();
  const refused: string[] = [];
  await using publisher = createBackgroundPublisher(bus, {
    onDropped: ({ id }, why) => refused.push(`${id}: ${why === "overflow" ? why : why.message}`),
  });
  ["a", "huge", "b"].forEach((id) => publisher.offer(event(id)));
  await publisher.flush(30_000);
  assert.deepEqual(bus.stored, ["a", "b"]);
  assert.deepEqual(refused, ["huge: an event on ipr.decision._ has 2 bytes, but at most 1 are allowed"]);
});

test("what is pending when it closes, or offered later, is counted as dropped", async () => {
  const bus = fakeBus();
  bus.isHere = false;
  const publisher = createBackgroundPublisher(bus);
  for (let id = 0; id < 5; id++) publisher.offer(event(id));
  await publisher.close();
  publisher.offer(event("late"));
  await waitFor(() => publisher.counts().pending === 0, { what: "the last attempts" });
  assert.deepEqual(publisher.counts(), { pending: 0, published: 0, duplicates: 0, dropped: 6 });
});
