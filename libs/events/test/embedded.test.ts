import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { manualClock, temporaryDirectory, waitFor } from "@ipr/testing";
import { createEmbeddedBus, streams } from "../src/index.ts";
import { collector, decision, isUnavailable, publishAll, reader, testBusContract } from "./bus-contract.ts";

const timeoutMs = 30_000;

testBusContract("embedded", async () => {
  const directory = await temporaryDirectory();
  return {
    shares: false,
    open: (onNotice = () => undefined) => createEmbeddedBus({ directory: directory.path, onNotice }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
});

test("embedded: without a directory it works in memory", async () => {
  await using bus = createEmbeddedBus();
  const seen = collector();
  bus.consume(reader("memory"), seen.handle);
  await publishAll(bus, ["a"]);
  await waitFor(() => seen.ids.length === 1, { what: "the event" });
});

test("embedded: a second bus on the same store is refused and says what to do", async () => {
  await using directory = await temporaryDirectory();
  await using _bus = createEmbeddedBus({ directory: directory.path });
  assert.throws(
    () => createEmbeddedBus({ directory: directory.path }),
    /events\.db is held by another process: stop that one, or use another state directory/,
  );
});

test("embedded: a file that is not a store, or of a later format, is refused by name", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(
    join(directory.path, "events.db"),
    "these are not the bytes you are looking for".repeat(100),
  );
  assert.throws(() => createEmbeddedBus({ directory: directory.path }), {
    reason: "BAD_CONFIG",
    message: /events\.db cannot be opened: file is not a database/,
  });
});

test("embedded: a damaged store is refused and says what to do, and lets go of its lock", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "events.db");
  const writing = createEmbeddedBus({ directory: directory.path });
  const event = (id: string) => ({ ...decision(id), data: new Uint8Array(100_000) });
  for (let i = 0; i < 20; i++) await writing.publish(event(`e-${i}`), { timeoutMs });
  await writing.close();
  const whole = await readFile(file);
  await writeFile(file, Buffer.from(whole).fill(0xff, 4096 * 3, 4096 * 12));
  assert.throws(
    () => createEmbeddedBus({ directory: directory.path }),
    /events\.db .*damaged: stop the process and move the file away/,
  );
  await truncate(file, whole.length / 2);
  assert.throws(() => createEmbeddedBus({ directory: directory.path }), /events\.db .*damaged/);
  await writeFile(file, whole);
  await createEmbeddedBus({ directory: directory.path }).close();
});

test("embedded: a full disk rejects the event, keeps what was stored, and works again when there is room", async () => {
  await using directory = await temporaryDirectory();
  const open = (maxStoreBytes: number) => createEmbeddedBus({ directory: directory.path, maxStoreBytes });
  const small = open(1024 * 1024);
  const event = (id: string) => ({ ...decision(id), data: new Uint8Array(100_000) });
  let stored = 0;
  const fill = async (): Promise<void> => {
    for (; stored < 100; stored++) await small.publish(event(`e-${stored}`), { timeoutMs });
  };
  await assert.rejects(fill(), (error: Error) => {
    assert.match(error.message, /could not use .*events\.db \(free some space/);
    return isUnavailable(error);
  });
  assert.ok(stored > 3 && stored < 11);
  await small.close();
  await using large = open(100 * 1024 * 1024);
  await large.publish(event("after"), { timeoutMs });
  const seen = collector();
  large.consume(reader("all"), seen.handle);
  await waitFor(() => seen.ids.includes("after"), { what: "the last event" });
  assert.equal(seen.ids.length, stored + 1);
});

test("embedded: an event confirmed to a process survives that process being killed", async () => {
  await using directory = await temporaryDirectory();
  const script = `
    import { createEmbeddedBus } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const bus = createEmbeddedBus({ directory: ${JSON.stringify(directory.path)} });
    await bus.publish({ subject: "ipr.feedback._", id: "f", data: new Uint8Array([1]) }, { timeoutMs: 1000 });
    process.kill(process.pid, "SIGKILL");`;
  const [, signal] = (await once(
    spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
    "exit",
  )) as [unknown, string];
  assert.equal(signal, "SIGKILL");
  await using bus = createEmbeddedBus({ directory: directory.path });
  const seen = collector();
  bus.consume({ durable: "d", stream: streams.feedback }, seen.handle);
  await waitFor(() => seen.ids.includes("f"), { what: "the confirmed event" });
});

test("embedded: an id is forgotten after the duplicate window, and old or too many events go", async () => {
  await using directory = await temporaryDirectory();
  const clock = manualClock();
  const stream = { ...streams.decisions, maxAgeMs: 1_000_000, maxBytes: 2 };
  const open = () => createEmbeddedBus({ directory: directory.path, streams: [stream], now: clock.now });
  let bus = open();
  const oneByte = (id: string) => ({ ...decision(id), data: new Uint8Array(1) });
  const publish = (id: string) => bus.publish(oneByte(id), { timeoutMs });
  await publish("a");
  clock.advance(stream.duplicateWindowMs);
  assert.deepEqual(await publish("a"), { duplicate: false });
  clock.advance(stream.maxAgeMs + 1);
  await publish("b");
  await bus.close();

  bus = open();
  const young = collector();
  bus.consume(reader("young"), young.handle);
  await waitFor(() => young.ids.includes("b"), { what: "the young event" });
  assert.deepEqual(young.ids, ["b"]);
  for (const id of ["c", "d"]) await publish(id);
  await bus.close();

  await using pruned = open();
  const newest = collector();
  pruned.consume(reader("newest"), newest.handle);
  await waitFor(() => newest.ids.includes("d"), { what: "the newest event" });
  assert.deepEqual(newest.ids, ["c", "d"]);
});
