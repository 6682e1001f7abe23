import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { runAtOnce } from "../run-at-once.ts";
import { ModelGate } from "./model-gate.ts";
import { RunStopped } from "./run-stopped.ts";
import { Spending } from "./spending.ts";

const forever = new AbortController().signal;

test("spending never passes its limit, whatever calls turn out to cost", async () => {
  const call = fc.record({ most: fc.integer({ min: 1, max: 64 }), share: fc.constantFrom(0, 0.25, 0.5, 1) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1 }),
      fc.integer({ min: 0, max: 256 }),
      async (calls, maxUsd) => {
        const spending = new Spending({ maxUsd, chargedUsd: 0 });
        await runAtOnce(calls, 4, async ({ most, share }) => {
          const reservation = await spending.reserve(most);
          await Promise.resolve();
          reservation.settle(most * share);
          assert.ok(spending.chargedUsd <= maxUsd);
        }).catch((error: unknown) => assert.ok(error instanceof RunStopped));
      },
    ),
  );
});

test("a call waits while those on their way may turn out cheap enough", async () => {
  const spending = new Spending({ maxUsd: 1, chargedUsd: 0.25 });
  const first = await spending.reserve(0.5);
  const second = spending.reserve(0.5);
  first.settle(0.125);
  (await second).settle(0.5);
  await assert.rejects(spending.reserve(0.25), RunStopped);
  await assert.rejects(spending.reserve(0), RunStopped, "a stopped run stays stopped");
});

test("a provider that wants less gets half as many calls at once, and recovers", async () => {
  const gate = new ModelGate({ maxCalls: 4, now: () => 0 });
  const atOnce = async (): Promise<number> => {
    let running = 0;
    let most = 0;
    const call = () =>
      gate.run(forever, async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      });
    await Promise.all(Array.from({ length: 12 }, call));
    return most;
  };
  assert.equal(await atOnce(), 4);
  gate.slowDown(0);
  assert.equal(await atOnce(), 2);
  gate.slowDown(0);
  gate.slowDown(0);
  assert.equal(await atOnce(), 1);
  for (let calls = 0; calls < 12; calls++) gate.succeeded();
  assert.equal(await atOnce(), 4);
});

test("after an error nothing new is begun, and what was begun is waited for", async () => {
  const ended: number[] = [];
  const work = async (item: number): Promise<void> => {
    await new Promise(setImmediate);
    if (item === 1) throw new Error("one");
    await new Promise(setImmediate);
    ended.push(item);
  };
  await assert.rejects(runAtOnce([0, 1, 2, 3, 4], 2, work), /one/);
  assert.deepEqual(ended, [0]);
});

test("whoever waits for a provider stops waiting when the run is stopped", async () => {
  const gate = new ModelGate({ maxCalls: 1, now: () => 0 });
  const stopping = new AbortController();
  gate.slowDown(3_600_000);
  const waiting = gate.run(stopping.signal, async () => assert.fail("called in the pause"));
  stopping.abort(new RunStopped("enough"));
  await assert.rejects(waiting, new RunStopped("enough"));
});
