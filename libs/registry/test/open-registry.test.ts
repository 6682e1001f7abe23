import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import type { IprError } from "@ipr/errors";
import { createEmbeddedBus, createNatsBus, type EventBus } from "@ipr/events";
import { CandidateSchema, type Registry, TrustState } from "@ipr/proto";
import { manualClock, startNats, temporaryDirectory, waitFor } from "@ipr/testing";
import {
  openRegistry,
  parseRegistry,
  readAuditTrail,
  type RegistryNotice,
  type RegistryOptions,
  type RegistryStore,
} from "../src/index.ts";

const seed = parseRegistry(
  "candidates: [{ name: a }, { name: b }]\nrouters: [{ name: default, candidates: [a, b], reference: a }]",
  "r.yaml",
);

/** Opens registries on one bus and closes them all. */
function openWorld(bus: EventBus = createEmbeddedBus()) {
  const opened: RegistryStore[] = [];
  return {
    bus,
    async open(options?: RegistryOptions): Promise<RegistryStore> {
      const store = await openRegistry(bus, options);
      opened.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.close();
      await bus.close();
    },
  };
}

const addCandidate = (name: string) => (registry: Registry) => {
  registry.candidates.push(create(CandidateSchema, { name }));
};
const names = (store: RegistryStore) => store.current().registry.candidates.map(({ name }) => name);

test("an empty store takes the seed, and other replicas see it", async () => {
  await using world = openWorld();
  const first = await world.open({ seed });
  const second = await world.open();
  assert.deepEqual(names(second), ["a", "b"]);
  assert.equal(second.current().revision, first.current().revision);
  assert.equal(second.current().candidate("b")?.name, "b");
  assert.equal(second.current().router("default")?.reference, "a");
  assert.equal(second.current().router("other"), undefined);
});

test("a change is seen by every replica without a restart", async () => {
  await using world = openWorld();
  const first = await world.open({ seed });
  const second = await world.open();
  const { revision } = await first.update(addCandidate("c"), { what: "add c" });
  await waitFor(() => second.current().revision === revision, { what: "the change at the other replica" });
  assert.deepEqual(names(second), ["a", "b", "c"]);
  assert.deepEqual(names(first), ["a", "b", "c"]);
});

test("a change that expects an old revision is refused and changes nothing", async () => {
  await using world = openWorld();
  const store = await world.open({ seed });
  const { revision } = store.current();
  await store.update(addCandidate("c"), { what: "add c", expectedRevision: revision });
  const stale = store.update(addCandidate("d"), { what: "add d", expectedRevision: revision });
  await assert.rejects(stale, (error: IprError) => {
    assert.equal(error.reason, "REVISION_CONFLICT");
    assert.deepEqual(error.metadata, { expected: revision, actual: store.current().revision });
    return true;
  });
  assert.deepEqual(names(store), ["a", "b", "c"]);
});

test("changes at the same time without an expected revision all take place", async () => {
  await using world = openWorld();
  const stores = [await world.open({ seed }), await world.open(), await world.open()];
  await Promise.all(stores.map((store, index) => store.update(addCandidate(`new${index}`), { what: "add" })));
  const added = await waitFor(() => names(stores[0]!).length === 5 && names(stores[0]!), {
    what: "all changes",
  });
  assert.deepEqual(new Set(added), new Set(["a", "b", "new0", "new1", "new2"]));
});

test("a change that would break the registry is refused with the path", async () => {
  await using world = openWorld();
  const store = await world.open({ seed });
  const breaking = store.update(({ candidates }) => void candidates.pop(), { what: "remove b" });
  await assert.rejects(breaking, (error: IprError) => {
    assert.equal(error.reason, "INVALID_FIELD");
    assert.equal(error.violations[0]?.field, "routers[0].candidates[1]");
    return true;
  });
});

test("a changed file is taken until somebody changes the registry by RPC, and ignored from then on", async () => {
  await using world = openWorld();
  const edited = parseRegistry("candidates: [{ name: a }, { name: b }, { name: edited }]", "r.yaml");
  await world.open({ seed });
  const second = await world.open({ seed: edited });
  assert.deepEqual(names(second), ["a", "b", "edited"]);
  await second.update(addCandidate("c"), { what: "add c" });
  const notices: RegistryNotice[] = [];
  const third = await world.open({ seed, onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(names(third), ["a", "b", "edited", "c"]);
  assert.ok(notices.some(({ kind }) => kind === "registry_seed_ignored"));
});

test("what a process resolves for itself is never stored", async () => {
  await using world = openWorld();
  const resolve = (stored: Registry): Registry => ({
    ...stored,
    routers: stored.routers.map((router) => ({ ...router, forcedTrustState: TrustState.ROUTE })),
  });
  const first = await world.open({ seed, resolve });
  await first.update(addCandidate("c"), { what: "add c" });
  const second = await world.open();
  assert.equal(first.current().router("default")?.forcedTrustState, TrustState.ROUTE);
  assert.equal(second.current().router("default")?.forcedTrustState, TrustState.UNSPECIFIED);
});

test("every change leaves an entry in the audit trail", async () => {
  await using world = openWorld();
  const clock = manualClock();
  const store = await world.open({ seed, now: clock.now });
  const before = store.current().revision;
  const { revision } = await store.update(addCandidate("c"), { what: "upsert candidate c" });
  assert.deepEqual(await readAuditTrail(world.bus.keyValue("ipr-registry")), [
    { revision, previousRevision: before, at: "2026-01-01T00:00:00.000Z", what: "upsert candidate c" },
  ]);
});

test("the oldest audit entries go, so that the trail stays bounded", async () => {
  await using world = openWorld();
  const store = await world.open({ seed });
  for (let index = 0; index < 205; index++) await store.update(() => {}, { what: `change ${index}` });
  const trail = await readAuditTrail(world.bus.keyValue("ipr-registry"));
  assert.equal(trail.length, 200);
  assert.equal(trail.at(-1)?.what, "change 204");
  assert.equal(trail[0]?.what, "change 5");
});

test("an entry that cannot be read leaves the last state and is reported", async () => {
  await using world = openWorld();
  const notices: RegistryNotice[] = [];
  const store = await world.open({ seed, onNotice: (notice) => notices.push(notice) });
  await world.bus.keyValue("ipr-registry").put("registry", Uint8Array.of(0xff, 0xff));
  await waitFor(() => notices.some(({ kind }) => kind === "registry_unreadable"), { what: "the report" });
  assert.deepEqual(names(store), ["a", "b"]);
});

test("without a seed and a store there is nothing yet, and it is not loaded", async () => {
  await using world = openWorld();
  const store = await world.open();
  assert.equal(store.isLoaded(), false);
  assert.equal(store.current().router("default"), undefined);
});

test("with NATS away the seed serves; when it comes, the store's state does, and changes survive its restart", async () => {
  await using nats = await startNats();
  await nats.stop();
  await using world = openWorld(createNatsBus({ servers: [nats.url], name: "test" }));
  const store = await world.open({ seed });
  assert.equal(store.current().revision, "seed");
  assert.deepEqual(names(store), ["a", "b"]);
  await nats.restart();
  await waitFor(() => store.current().revision !== "seed", { what: "the store's state" });
  const { revision } = await store.update(addCandidate("c"), { what: "add c" });
  await nats.kill();
  assert.deepEqual(names(store), ["a", "b", "c"]);
  await nats.restart();
  await using other = openWorld(createNatsBus({ servers: [nats.url], name: "other" }));
  const second = await other.open();
  await waitFor(() => second.current().revision === revision, { what: "the change after the restart" });
  assert.deepEqual(names(second), ["a", "b", "c"]);
});

test("a store that lost everything starts over at the first change, and every replica follows", async () => {
  await using directory = await temporaryDirectory();
  await using nats = await startNats({ storeDir: directory.path });
  await using world = openWorld(createNatsBus({ servers: [nats.url], name: "test" }));
  const first = await world.open({ seed });
  const second = await world.open();
  for (const name of ["c", "d", "e"]) await first.update(addCandidate(name), { what: `add ${name}` });
  await waitFor(() => names(second).length === 5, { what: "the changes" });
  await nats.stop();
  await rm(directory.path, { recursive: true });
  await nats.restart();
  const { revision } = await waitFor(() => first.update(addCandidate("f"), { what: "add f" }), {
    what: "the empty store",
  });
  assert.ok(Number(revision) < 4);
  assert.deepEqual(names(first), ["a", "b", "c", "d", "e", "f"]);
  await waitFor(() => second.current().revision === revision, { what: "the new start at the other replica" });
  assert.deepEqual(names(second), ["a", "b", "c", "d", "e", "f"]);
});
