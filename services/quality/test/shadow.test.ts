import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { test } from "node:test";
import { BundleRole, type ShadowComparison } from "@ipr/proto";
import { waitFor } from "@ipr/testing";
import { openBundleStore, openWorld } from "./world.ts";

const prompts = ["What is 2 + 2?", "Write a poem about rain.", "def f(x):\n  return x", "Why?"];

type World = Awaited<ReturnType<typeof openWorld>>;

function comparisonOf(world: World, count: number): Promise<ShadowComparison> {
  return waitFor(
    async () => {
      const { comparison } = await world.client.listBundles({});
      return comparison?.prompts === BigInt(count) ? comparison : undefined;
    },
    { what: `${count} prompts to be compared` },
  );
}

test("a bundle compared with itself differs in nothing", async () => {
  await using store = await openBundleStore();
  const { manifest, candidates } = await store.write("active", { seed: 1 });
  await store.write("shadow", { seed: 1 });
  await using world = await openWorld(store, { shadow: "shadow" });
  for (const text of prompts) await world.predict({ text });
  const comparison = await comparisonOf(world, prompts.length);
  assert.deepEqual([comparison.served, comparison.shadow], [manifest.id, manifest.id]);
  assert.equal(comparison.rankCorrelation, 1);
  assert.equal(comparison.dropped, 0n);
  assert.ok(comparison.feasible.every(({ share }) => share === 0));
  assert.deepEqual(
    comparison.candidates.map(({ candidate, prompts: count, meanDifference, meanAbsoluteDifference }) => [
      candidate,
      count,
      meanDifference,
      meanAbsoluteDifference,
    ]),
    candidates.map(({ name }) => [name, BigInt(prompts.length), 0, 0]),
  );
});

test("another bundle is compared over the prompts that were answered, and answers none of them", async () => {
  await using store = await openBundleStore();
  const active = (await store.write("active", { seed: 1 })).manifest.id;
  const shadow = (await store.write("shadow", { seed: 2 })).manifest.id;
  await using world = await openWorld(store, { shadow: "shadow" });
  const sums = new Map<string, number>();
  for (const text of prompts) {
    const answer = await world.predict({ text });
    assert.equal(answer.bundle, active);
    // Who names a bundle is not compared: only what would have been answered is.
    const other = await world.predict({ text, bundle: shadow });
    answer.estimates.forEach(({ candidate, quality }, i) => {
      sums.set(candidate, (sums.get(candidate) ?? 0) + other.estimates[i]!.quality - quality);
    });
  }
  const comparison = await comparisonOf(world, prompts.length);
  for (const { candidate, meanDifference } of comparison.candidates) {
    assert.ok(Math.abs(meanDifference - sums.get(candidate)! / prompts.length) < 1e-12, candidate);
  }
});

test("the comparison begins anew with another shadow", async () => {
  await using store = await openBundleStore();
  await store.write("active", { seed: 1 });
  await store.write("a", { seed: 2 });
  const next = (await store.write("b", { seed: 3 })).manifest.id;
  await store.point("shadow", "a");
  await using world = await openWorld(store, { shadow: "shadow" });
  for (const text of prompts) await world.predict({ text });
  await comparisonOf(world, prompts.length);
  await store.point("shadow", "b");
  await world.reload();
  await world.predict();
  assert.equal((await comparisonOf(world, 1)).shadow, next);
});

test("a bad shadow, or one of another encoder, keeps nobody from serving", async () => {
  await using store = await openBundleStore();
  await store.write("active", { seed: 1 });
  await store.write("bad", { seed: 2 });
  await truncate(`${store.pathOf("bad")}/trunk.f16`, 10);
  await store.write("foreign", { seed: 2, encoder: "other@sha256:11" });
  await store.point("shadow", "bad");
  await using world = await openWorld(store, { shadow: "shadow" });
  const refusalOfShadow = async () =>
    (await world.reload()).find(({ role }) => role === BundleRole.SHADOW)?.refusal?.reason;
  assert.equal(await refusalOfShadow(), "BAD_BUNDLE");
  await world.predict();
  await store.point("shadow", "foreign");
  assert.equal(await refusalOfShadow(), "WRONG_ENCODER");
  await world.predict();
  assert.equal((await world.client.listBundles({})).comparison, undefined);
});
