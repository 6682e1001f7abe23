import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "@ipr/testing";
import {
  type BusNotice,
  type Consumer,
  type EventBus,
  type KeyValueChange,
  type OutgoingEvent,
  type ReceivedEvent,
  streams,
} from "../src/index.ts";

/** What the suite needs of an adapter: a store, and buses on it that can be closed and opened again. */
export interface BusWorld extends AsyncDisposable {
  open(onNotice?: (notice: BusNotice) => void): EventBus;
  /** Whether a second bus may be open on the same store at the same time. */
  readonly shares: boolean;
}

const timeoutMs = 30_000;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (data: Uint8Array | undefined): string | undefined => data && new TextDecoder().decode(data);

export const decision = (id: string, tenant = "_"): OutgoingEvent => ({
  subject: `ipr.decision.${tenant}`,
  id,
  data: encode(`data of ${id}`),
});
export const reader = (durable: string, more: Partial<Consumer> = {}): Consumer => ({
  durable,
  stream: streams.decisions,
  ...more,
});

/** A handler that remembers what it was given. */
export function collector(): {
  ids: string[];
  events: ReceivedEvent[];
  handle: (event: ReceivedEvent) => Promise<void>;
} {
  const events: ReceivedEvent[] = [];
  const ids: string[] = [];
  return {
    ids,
    events,
    handle: async (event) => {
      events.push(event);
      ids.push(event.id);
    },
  };
}

export async function publishAll(bus: EventBus, ids: readonly string[], tenant?: string): Promise<void> {
  for (const id of ids) await bus.publish(decision(id, tenant), { timeoutMs });
}

const rejectsWith = (code: number, reason: string) => (error: unknown) => {
  assert.equal((error as { code: number }).code, code);
  assert.equal((error as { reason: string }).reason, reason);
  return true;
};
export const isUnavailable = rejectsWith(14, "EVENTS_UNAVAILABLE");
const isConflict = rejectsWith(10, "REVISION_CONFLICT");

/** The promises of the EventBus port, which every adapter must keep. */
export function testBusContract(name: string, createWorld: () => Promise<BusWorld>): void {
  const promise = (what: string, run: (world: BusWorld) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      await using world = await createWorld();
      await run(world);
    });
  };

  promise("a published event is handed over whole, also to a consumer that comes later", async (world) => {
    await using bus = world.open();
    const before = Date.now();
    assert.deepEqual(await bus.publish(decision("a", "acme"), { timeoutMs }), { duplicate: false });
    const seen = collector();
    bus.consume(reader("late"), seen.handle);
    await waitFor(() => seen.ids.length === 1, { what: "the event" });
    const event = seen.events[0];
    assert.ok(event);
    assert.equal(event.subject, "ipr.decision.acme");
    assert.equal(decode(event.data), "data of a");
    assert.ok(
      event.publishedAt.getTime() >= before - 1000 && event.publishedAt.getTime() <= Date.now() + 1000,
    );
  });

  promise("the same id counts once, and in another stream again", async (world) => {
    await using bus = world.open();
    assert.deepEqual(await bus.publish(decision("a"), { timeoutMs }), { duplicate: false });
    assert.deepEqual(await bus.publish(decision("a"), { timeoutMs }), { duplicate: true });
    const elsewhere = { ...decision("a"), subject: "ipr.outcome._" };
    assert.deepEqual(await bus.publish(elsewhere, { timeoutMs }), { duplicate: false });
    await bus.publish(decision("b"), { timeoutMs });
    const seen = collector();
    bus.consume(reader("once"), seen.handle);
    await waitFor(() => seen.ids.includes("b"), { what: "the last event" });
    assert.deepEqual(seen.ids, ["a", "b"]);
  });

  promise("events come in the order they were published, with growing positions", async (world) => {
    await using bus = world.open();
    const ids = Array.from({ length: 200 }, (_, index) => `event-${index}`);
    const seen = collector();
    bus.consume(reader("ordered"), seen.handle);
    await publishAll(bus, ids);
    await waitFor(() => seen.ids.length === ids.length, { what: "all events" });
    assert.deepEqual(seen.ids, ids);
    const positions = seen.events.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...new Set(positions)].toSorted((a, b) => a - b),
    );
  });

  promise("one handler runs at a time unless more are allowed", async (world) => {
    await using bus = world.open();
    await publishAll(bus, ["a", "b", "c", "d", "e", "f"]);
    for (const maxInFlight of [1, 3]) {
      let [running, most, finished] = [0, 0, 0];
      const full = Promise.withResolvers<void>();
      bus.consume(reader(`limit-${maxInFlight}`, { maxInFlight }), async () => {
        most = Math.max(most, ++running);
        if (running === maxInFlight) full.resolve();
        await full.promise;
        // Time for one more to begin, were it allowed to.
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        finished++;
      });
      await waitFor(() => finished === 6, { what: "six handlers" });
      assert.equal(most, maxInFlight);
    }
  });

  promise("an event whose handler fails comes again, after a pause, and the others go on", async (world) => {
    const notices: BusNotice[] = [];
    await using bus = world.open((notice) => notices.push(notice));
    const seen = collector();
    bus.consume(reader("again", { backoffMs: [10] }), async (event) => {
      await seen.handle(event);
      if (event.id === "a" && seen.ids.filter((id) => id === "a").length < 3) throw new Error("disk is busy");
    });
    await publishAll(bus, ["a", "b"]);
    await waitFor(() => seen.ids.filter((id) => id === "a").length === 3, { what: "the third attempt" });
    assert.equal(seen.ids.filter((id) => id === "b").length, 1);
    const failures = notices.filter((notice) => notice.kind === "handler_failed");
    assert.deepEqual(
      failures.map(({ failure }) => [failure.durable, failure.id, failure.attempts, failure.error.message]),
      [
        ["again", "a", 1, "disk is busy"],
        ["again", "a", 2, "disk is busy"],
      ],
    );
  });

  promise("an event that always fails is given up, reported, and does not come back", async (world) => {
    const notices: BusNotice[] = [];
    let bus = world.open((notice) => notices.push(notice));
    const seen = collector();
    const consumer = reader("poison", { maxAttempts: 3, backoffMs: [5] });
    const handle = async (event: ReceivedEvent): Promise<void> => {
      await seen.handle(event);
      if (event.id === "bad") throw new Error("cannot be read");
    };
    bus.consume(consumer, handle);
    await publishAll(bus, ["bad", "good"]);
    await waitFor(() => notices.some(({ kind }) => kind === "event_given_up"), { what: "giving up" });
    await bus.close();

    bus = world.open();
    await using _bus = bus;
    bus.consume(consumer, handle);
    await publishAll(bus, ["after"]);
    await waitFor(() => seen.ids.includes("after"), { what: "the event after the restart" });
    assert.deepEqual(seen.ids.toSorted(), ["after", "bad", "bad", "bad", "good"]);
    assert.equal(notices.filter(({ kind }) => kind === "event_given_up").length, 1);
  });

  promise("consumers with different names are independent", async (world) => {
    await using bus = world.open();
    const [slow, fast] = [collector(), collector()];
    const gate = Promise.withResolvers<void>();
    bus.consume(reader("slow"), async (event) => {
      await gate.promise;
      await slow.handle(event);
    });
    bus.consume(reader("fast"), fast.handle);
    await publishAll(bus, ["a", "b"]);
    await waitFor(() => fast.ids.length === 2, { what: "the fast consumer" });
    assert.deepEqual(slow.ids, []);
    gate.resolve();
    await waitFor(() => slow.ids.length === 2, { what: "the slow consumer" });
  });

  promise(
    "a consumer goes on after the last event it finished, also those published meanwhile",
    async (world) => {
      let bus = world.open();
      const seen = collector();
      bus.consume(reader("resumes"), seen.handle);
      await publishAll(bus, ["a", "b"]);
      await waitFor(() => seen.ids.length === 2, { what: "two events" });
      await bus.close();

      bus = world.open();
      await publishAll(bus, ["c"]);
      await bus.close();

      bus = world.open();
      await using _bus = bus;
      bus.consume(reader("resumes"), seen.handle);
      await publishAll(bus, ["d"]);
      await waitFor(() => seen.ids.includes("d"), { what: "the last event" });
      assert.deepEqual(seen.ids, ["a", "b", "c", "d"]);
    },
  );

  promise("closing waits for the handler, and its event is not handed out again", async (world) => {
    let bus = world.open();
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    let isFinished = false;
    bus.consume(reader("drains"), async () => {
      started.resolve();
      await finish.promise;
      isFinished = true;
    });
    await publishAll(bus, ["a"]);
    await started.promise;
    const closing = bus.close();
    finish.resolve();
    await closing;
    assert.equal(isFinished, true);

    bus = world.open();
    await using _bus = bus;
    const seen = collector();
    bus.consume(reader("drains"), seen.handle);
    await publishAll(bus, ["b"]);
    await waitFor(() => seen.ids.includes("b"), { what: "the next event" });
    assert.deepEqual(seen.ids, ["b"]);
  });

  promise(
    "an event that is too large, or on an unknown subject, is refused and names the limit",
    async (world) => {
      await using bus = world.open();
      const large = { ...decision("large"), data: new Uint8Array(512 * 1024 + 1) };
      await assert.rejects(bus.publish(large, { timeoutMs }), /524289 bytes, but at most 524288/);
      const stray = { ...decision("stray"), subject: "ipr.other._" };
      await assert.rejects(bus.publish(stray, { timeoutMs }), /no stream takes the subject "ipr\.other\._"/);
    },
  );

  promise("a closed bus refuses, and says so", async (world) => {
    const bus = world.open();
    await publishAll(bus, ["a"]);
    assert.equal(bus.isReady(), true);
    await bus.close();
    assert.equal(bus.isReady(), false);
    await assert.rejects(bus.publish(decision("b"), { timeoutMs }), isUnavailable);
  });

  promise("a key keeps its last value and each write has a higher revision", async (world) => {
    let bus = world.open();
    let values = bus.keyValue("ipr-test");
    assert.equal(await values.get("x"), undefined);
    const first = await values.put("x", encode("1"));
    const second = await values.put("x", encode("2"));
    await values.put("y", encode("3"));
    assert.ok(second.revision > first.revision);
    await bus.close();

    bus = world.open();
    await using _bus = bus;
    values = bus.keyValue("ipr-test");
    const stored = await values.get("x");
    assert.deepEqual([decode(stored?.value), stored?.revision], ["2", second.revision]);
    assert.deepEqual((await values.keys()).toSorted(), ["x", "y"]);
    await values.delete("x");
    assert.equal(await values.get("x"), undefined);
    assert.deepEqual(await values.keys(), ["y"]);
    assert.deepEqual(await bus.keyValue("ipr-other").keys(), []);
  });

  promise("a write against a stale revision is refused and changes nothing", async (world) => {
    await using bus = world.open();
    const values = bus.keyValue("ipr-test");
    const created = await values.update("x", encode("1"), 0);
    await assert.rejects(values.update("x", encode("2"), 0), isConflict);
    const updated = await values.update("x", encode("3"), created.revision);
    await assert.rejects(values.update("x", encode("4"), created.revision), isConflict);
    assert.equal(decode((await values.get("x"))?.value), "3");
    await values.delete("x");
    await assert.rejects(values.update("x", encode("5"), updated.revision), isConflict);
    await values.update("x", encode("6"), 0);
    assert.equal(decode((await values.get("x"))?.value), "6");
  });

  promise("a watch sees the present values, then each change, deletions too", async (world) => {
    await using bus = world.open();
    await using other = world.shares ? world.open() : undefined;
    const writer = (other ?? bus).keyValue("ipr-test");
    await writer.put("x", encode("1"));
    await writer.put("z", encode("9"));
    const [all, onlyX]: [KeyValueChange[], KeyValueChange[]] = [[], []];
    const watching = bus.keyValue("ipr-test").watch((entry) => all.push(entry));
    const watchingX = bus.keyValue("ipr-test").watch((entry) => onlyX.push(entry), { key: "x" });
    await watching.established;
    await watchingX.established;
    const shown = (entries: KeyValueChange[]) => entries.map(({ key, value }) => [key, decode(value)]);
    assert.deepEqual(shown(all), [
      ["x", "1"],
      ["z", "9"],
    ]);
    await writer.put("x", encode("2"));
    // A value that is replaced before it was delivered may be passed over: a bucket keeps the latest only.
    await waitFor(() => all.length === 3 && onlyX.length === 2, { what: "the change" });
    await writer.delete("x");
    await waitFor(() => all.length === 4 && onlyX.length === 3, { what: "the deletion" });
    assert.deepEqual(shown(onlyX), [
      ["x", "1"],
      ["x", "2"],
      ["x", undefined],
    ]);
    assert.deepEqual(shown(all).slice(2), [
      ["x", "2"],
      ["x", undefined],
    ]);
    await watching.close();
    await writer.put("x", encode("3"));
    await waitFor(() => onlyX.length === 4, { what: "the change on the open watch" });
    assert.equal(all.length, 4);
  });

  promise("a watch of an empty bucket, and of a missing key, stands at once", async (world) => {
    await using bus = world.open();
    const values = bus.keyValue("ipr-test");
    await values.watch(() => undefined).established;
    await values.put("x", encode("1"));
    await values.watch(() => undefined, { key: "missing" }).established;
  });
}
