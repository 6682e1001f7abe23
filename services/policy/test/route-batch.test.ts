import assert from "node:assert/strict";
import { test } from "node:test";
import { fromStatus } from "@ipr/errors";
import type { RouteBatchResponse } from "@ipr/proto";
import { openWorld } from "./world.ts";

function ask(index: number, value: string, tolerance = 0.25) {
  return { index: BigInt(index), request: { input: { case: "prompt", value } as const, tolerance } };
}

test("decides many, and each answer has the index of its request", async () => {
  await using world = await openWorld();
  const count = 300;
  async function* requests() {
    for (let index = 0; index < count; index++) yield ask(index, `prompt ${index}`, index % 2);
  }
  const models = new Map<bigint, string>();
  for await (const { index, result } of world.router.routeBatch(requests())) {
    assert.equal(result.case, "response");
    models.set(index, result.value.model);
  }
  assert.equal(models.size, count);
  assert.equal(models.get(10n), "strong");
  assert.equal(models.get(11n), "cheap");
});

test("bad requests fail alone, each with its own error", async () => {
  await using world = await openWorld();
  async function* requests() {
    yield ask(1, "good");
    yield ask(2, "too tolerant", 1.5);
    yield ask(3, "");
    yield { index: 4n };
    yield { index: 5n, request: { ...ask(5, "x").request, router: "nope" } };
    yield ask(6, "good too");
  }
  const results = new Map<bigint, string>();
  for await (const { index, result } of world.router.routeBatch(requests())) {
    results.set(index, describe(result));
  }
  assert.deepEqual(Object.fromEntries(results), {
    1: "middle",
    2: "INVALID_FIELD tolerance",
    3: "INVALID_FIELD prompt",
    4: "INVALID_FIELD request",
    5: "UNKNOWN_ROUTER ",
    6: "middle",
  });
  assert.deepEqual(world.unexpected, []);
});

test("a caller may wait for each answer before it asks again", async () => {
  await using world = await openWorld();
  let answered = Promise.withResolvers<void>();
  async function* requests() {
    for (let index = 0; index < 3; index++) {
      answered = Promise.withResolvers();
      yield ask(index, "x");
      await answered.promise;
    }
  }
  const indices: bigint[] = [];
  for await (const { index } of world.router.routeBatch(requests())) {
    indices.push(index);
    answered.resolve();
  }
  assert.deepEqual(indices, [0n, 1n, 2n]);
});

test("a batch goes on, degraded, when a neighbour is killed in its midst", async () => {
  await using world = await openWorld();
  const killed = Promise.withResolvers<void>();
  async function* requests() {
    yield ask(0, "before");
    await killed.promise;
    yield ask(1, "after");
  }
  const degraded: boolean[] = [];
  for await (const { result } of world.router.routeBatch(requests())) {
    assert.equal(result.case, "response");
    degraded.push(result.value.degraded);
    if (degraded.length === 1) {
      await world.quality.kill();
      killed.resolve();
    }
  }
  assert.deepEqual(degraded, [false, true]);
});

function describe(result: RouteBatchResponse["result"]): string {
  if (result.case === "response") return result.value.model;
  if (result.case === undefined) return "nothing";
  const { reason, violations } = fromStatus(result.value);
  return `${reason} ${violations.map(({ field }) => field).join()}`;
}
