import assert from "node:assert/strict";
import { test } from "node:test";
import { startNats, waitFor } from "@ipr/testing";
import { createNatsWorkQueue } from "../src/index.ts";

const task = (id: string) => ({ id, data: Buffer.from(id) });
const ackWaitMs = 2_000;

async function world() {
  const nats = await startNats();
  return {
    nats,
    open: () => createNatsWorkQueue({ servers: [nats.url], job: "labels", name: "test", ackWaitMs }),
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
}

test("each task is done by one worker, once, and the workers end when none is left", async () => {
  await using nats = await world();
  await using queue = nats.open();
  const ids = Array.from({ length: 40 }, (_, index) => `t${index}`);
  for (const id of ids) assert.deepEqual(await queue.enqueue(task(id)), { duplicate: false });
  assert.deepEqual(await queue.enqueue(task("t0")), { duplicate: true });
  await using other = nats.open();
  const done: string[] = [];
  const work = (worker: typeof queue) =>
    worker.work({ concurrency: 3 }, async ({ id, data }) => {
      assert.equal(Buffer.from(data).toString(), id);
      done.push(id);
    });
  await Promise.all([work(queue), work(other)]);
  assert.deepEqual(done.toSorted(), ids.toSorted());
});

test("a task that takes longer than the server waits stays with its worker", async () => {
  await using nats = await world();
  await using queue = nats.open();
  await using other = nats.open();
  await queue.enqueue(task("slow"));
  let begun = 0;
  const release = Promise.withResolvers<void>();
  const work = (worker: typeof queue) =>
    worker.work({ concurrency: 1 }, async () => {
      begun++;
      await release.promise;
    });
  const both = Promise.all([work(queue), work(other)]);
  await waitFor(() => begun > 0, { what: "the task" });
  const since = performance.now();
  await waitFor(() => performance.now() - since > 2 * ackWaitMs, { what: "two ack waits" });
  release.resolve();
  await both;
  assert.equal(begun, 1);
});

test("a task whose handler fails goes back, and its error ends that worker only", async () => {
  await using nats = await world();
  await using queue = nats.open();
  await queue.enqueue(task("a"));
  await assert.rejects(
    queue.work({ concurrency: 1 }, async () => {
      throw new Error("out of money");
    }),
    /out of money/,
  );
  const done: string[] = [];
  await queue.work({ concurrency: 1 }, async ({ id }) => void done.push(id));
  assert.deepEqual(done, ["a"]);
});

test("the last record of a key is kept, also over a restart of the server", async () => {
  await using nats = await world();
  await using queue = nats.open();
  assert.equal(await queue.recorded("x"), undefined);
  assert.deepEqual(await Array.fromAsync(queue.records()), []);
  await queue.record("x", Buffer.from("1"));
  await queue.record("a key, with. any* text>", Buffer.from("2"));
  await queue.record("x", Buffer.from("3"));
  await nats.nats.restart();
  assert.equal(Buffer.from((await queue.recorded("x"))!).toString(), "3");
  const all = await Array.fromAsync(queue.records());
  assert.deepEqual(
    all.map((value) => Buffer.from(value).toString()),
    ["2", "3"],
  );
});

test("a job's name that no subject takes is refused", () => {
  assert.throws(() => createNatsWorkQueue({ servers: [], job: "a.b", name: "test" }), /job: is "a\.b"/);
});
