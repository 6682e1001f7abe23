import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startNats, temporaryDirectory, waitFor } from "@ipr/testing";
import { type BusNotice, createNatsBus, type KeyValueChange } from "../src/index.ts";
import {
  type BusWorld,
  collector,
  decision,
  isUnavailable,
  publishAll,
  reader,
  testBusContract,
} from "./bus-contract.ts";

const timeoutMs = 30_000;

async function natsWorld(): Promise<BusWorld & { nats: Awaited<ReturnType<typeof startNats>> }> {
  const nats = await startNats();
  return {
    nats,
    shares: true,
    open: (onNotice = () => undefined) =>
      createNatsBus({ servers: [nats.url], name: "test", ackWaitMs: 2_000, onNotice }),
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}

testBusContract("nats", natsWorld);

test("nats: publish rejects by its deadline while the server is away, and everything resumes when it is back", async () => {
  await using world = await natsWorld();
  const { nats } = world;
  const notices: BusNotice[] = [];
  await using bus = world.open((notice) => notices.push(notice));
  const seen = collector();
  bus.consume(reader("survivor"), seen.handle);
  const changes: KeyValueChange[] = [];
  const values = bus.keyValue("ipr-test");
  await values.put("x", Buffer.from("1"));
  await values.watch((entry) => changes.push(entry), { key: "x" }).established;
  await publishAll(bus, ["a"]);
  await waitFor(() => seen.ids.length === 1, { what: "the first event" });

  await nats.kill();
  await waitFor(() => !bus.isReady(), { what: "noticing that the server is away" });
  await assert.rejects(bus.publish(decision("b"), { timeoutMs: 200 }), isUnavailable);
  const patient = bus.publish(decision("c"), { timeoutMs });

  await nats.restart();
  assert.deepEqual(await patient, { duplicate: false });
  await waitFor(() => seen.ids.includes("c"), { what: "the event after the restart" });
  await using other = world.open();
  await other.keyValue("ipr-test").put("x", Buffer.from("2"));
  await waitFor(() => changes.some(({ value }) => Buffer.from(value ?? []).toString() === "2"), {
    what: "the change after the restart",
  });
  assert.ok(notices.some(({ kind }) => kind === "disconnected"));
  assert.equal(notices.filter(({ kind }) => kind === "connected").length, 2);
});

test("nats: listing keys leaves no consumer behind", async () => {
  await using world = await natsWorld();
  await using bus = world.open();
  const values = bus.keyValue("ipr-test");
  for (const key of ["a", "b"]) await values.put(key, Buffer.from(key));
  await values.delete("a");
  for (let i = 0; i < 20; i++) assert.deepEqual(await values.keys(), ["b"]);
  await using connection = await adminConnection(world.nats.url);
  assert.equal((await connection.manager.streams.info("KV_ipr-test")).state.consumer_count, 0);
});

test("nats: a bus that starts before its server works once the server is there", async () => {
  await using world = await natsWorld();
  await world.nats.kill();
  await using bus = world.open();
  const seen = collector();
  const subscription = bus.consume(reader("early"), seen.handle);
  assert.equal(bus.isReady(), false);
  const published = bus.publish(decision("a"), { timeoutMs });
  await assert.rejects(bus.publish(decision("b"), { timeoutMs: 50 }), isUnavailable);
  await world.nats.restart();
  await published;
  await subscription.established;
  await waitFor(() => seen.ids.includes("a"), { what: "the event" });
});

test("nats: a server that comes back with an empty store gets its streams again, and everything goes on", async () => {
  await using store = await temporaryDirectory();
  await using nats = await startNats({ storeDir: store.path });
  await using bus = createNatsBus({ servers: [nats.url], name: "test" });
  const seen = collector();
  const values = bus.keyValue("ipr-test");
  const changes: KeyValueChange[] = [];
  bus.consume(reader("loyal"), seen.handle);
  await values.put("x", Buffer.from("1"));
  await values.watch((entry) => changes.push(entry)).established;
  await publishAll(bus, ["a"]);
  await waitFor(() => seen.ids.includes("a"), { what: "the first event" });

  await nats.kill();
  await rm(join(store.path, "jetstream"), { recursive: true });
  await nats.restart();
  await publishAll(bus, ["b"]);
  await waitFor(() => seen.ids.includes("b"), { what: "the event in the new stream" });
  assert.equal(await values.get("x"), undefined);
  await values.put("y", Buffer.from("2"));
  await waitFor(() => changes.some(({ key }) => key === "y"), { what: "the change in the new bucket" });
});

test("nats: replicas that start at once agree on the streams, and keep an operator's limits", async () => {
  await using world = await natsWorld();
  const buses = Array.from({ length: 5 }, () => world.open());
  await Promise.all(buses.map((bus, index) => bus.publish(decision(`from-${index}`), { timeoutMs })));
  await Promise.all(buses.map((bus) => bus.close()));

  await using connection = await adminConnection(world.nats.url);
  await connection.manager.streams.update("DECISIONS", { max_bytes: 1_048_576 });
  await using later = world.open();
  await later.publish(decision("later"), { timeoutMs });
  const { config, state } = await connection.manager.streams.info("DECISIONS");
  assert.equal(config.max_bytes, 1_048_576);
  assert.equal(state.messages, 6);
});

test("nats: what a killed process had not finished is handed to the next one", async () => {
  await using world = await natsWorld();
  await using bus = world.open();
  await publishAll(bus, ["a", "b"]);
  const script = `
    import { createNatsBus, streams } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const bus = createNatsBus({ servers: [${JSON.stringify(world.nats.url)}], name: "victim", ackWaitMs: 500 });
    bus.consume({ durable: "heir", stream: streams.decisions }, async () => process.kill(process.pid, "SIGKILL"));`;
  const victim = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const [, signal] = (await once(victim, "exit")) as [unknown, string];
  assert.equal(signal, "SIGKILL");
  const seen = collector();
  bus.consume(reader("heir"), seen.handle);
  await publishAll(bus, ["c"]);
  await waitFor(() => seen.ids.length === 3, { what: "all events at the living consumer" });
  assert.deepEqual(seen.ids.toSorted(), ["a", "b", "c"]);
});

async function adminConnection(url: string) {
  const { connect } = await import("@nats-io/transport-node");
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const connection = await connect({ servers: url });
  return {
    manager: await jetstreamManager(connection),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
