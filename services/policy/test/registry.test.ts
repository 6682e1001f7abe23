import assert from "node:assert/strict";
import { test } from "node:test";
import { type IprError, status } from "@ipr/errors";
import { Gate } from "@ipr/proto";
import { openRegistry } from "@ipr/registry";
import { waitFor } from "@ipr/testing";
import { openWorld } from "./world.ts";

const prompt = { input: { case: "prompt", value: "x" } } as const;

test("a changed router decides by its new rule at once, without a restart", async () => {
  await using world = await openWorld();
  const { registry } = await world.registryClient.getRegistry({});
  const router = registry!.routers[0]!;
  assert.equal((await world.router.route(prompt)).model, "middle");
  const { revision } = await world.registryClient.upsertRouter({ router: { ...router, tolerance: 0.5 } });
  const response = await world.router.route(prompt);
  assert.equal(response.model, "cheap");
  assert.equal(response.registryRevision, revision);
});

test("a change by another replica is seen without a restart", async () => {
  await using world = await openWorld();
  const other = await openRegistry(world.bus);
  await other.update(({ routers }) => void (routers[0]!.tolerance = 1), { what: "tolerate" });
  await waitFor(async () => (await world.router.route(prompt)).model === "cheap", {
    what: "the other's change",
  });
  await other.close();
});

test("a new candidate can be added and chosen", async () => {
  await using world = await openWorld();
  const price = { inputUsdPerMtok: 0.5, outputUsdPerMtok: 0.5, source: "list", asOf: "2026" };
  await world.registryClient.upsertCandidate({ candidate: { name: "new", price, expectedOutputTokens: 10 } });
  const { registry, revision } = await world.registryClient.getRegistry({});
  const router = registry!.routers[0]!;
  await world.registryClient.upsertRouter({
    router: { ...router, candidates: [...router.candidates, "new"] },
    expectedRevision: revision,
  });
  world.quality.qualities = { strong: 1, new: 1 };
  assert.equal((await world.router.route(prompt)).model, "new");
});

test("a change that expects an old revision is ABORTED and tells both revisions", async () => {
  await using world = await openWorld();
  const { revision } = await world.registryClient.getRegistry({});
  const candidate = { name: "new" };
  const { revision: actual } = await world.registryClient.upsertCandidate({
    candidate,
    expectedRevision: revision,
  });
  const stale = world.registryClient.upsertCandidate({ candidate, expectedRevision: revision });
  await assert.rejects(stale, (error: IprError) => {
    assert.equal(error.code, status.ABORTED);
    assert.equal(error.reason, "REVISION_CONFLICT");
    assert.deepEqual(error.metadata, { expected: revision, actual });
    return true;
  });
});

test("a candidate that a router names cannot be deleted", async () => {
  await using world = await openWorld();
  await assert.rejects(world.registryClient.deleteCandidate({ name: "cheap" }), (error: IprError) => {
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.equal(error.reason, "IN_USE");
    assert.equal(error.metadata["routers"], "default,fresh");
    return true;
  });
});

test("what no router names can be deleted, and what is not there is NOT_FOUND", async () => {
  await using world = await openWorld();
  await world.registryClient.deleteRouter({ name: "fresh" });
  const { registry } = await world.registryClient.getRegistry({});
  assert.deepEqual(
    registry?.routers.map(({ name }) => name),
    ["default"],
  );
  await assert.rejects(world.registryClient.deleteRouter({ name: "fresh" }), { reason: "UNKNOWN_ROUTER" });
  await assert.rejects(world.registryClient.deleteCandidate({ name: "nope" }), {
    reason: "UNKNOWN_CANDIDATE",
  });
});

test("a wrong router is refused in the words of the request", async () => {
  await using world = await openWorld();
  const router = { name: "second", candidates: ["strong", "chaep"], reference: "middle", gate: Gate.STATIC };
  await assert.rejects(world.registryClient.upsertRouter({ router }), (error: IprError) => {
    assert.equal(error.code, status.INVALID_ARGUMENT);
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ["router.candidates[1]", "router.reference", "router.staticThreshold"],
    );
    assert.match(error.message, /did you mean "cheap"/);
    return true;
  });
});
