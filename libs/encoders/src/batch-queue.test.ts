import assert from "node:assert/strict";
import { test } from "node:test";
import { IprError, status } from "@ipr/errors";
import { BatchQueue, type BatchQueueOptions, type Lane } from "./batch-queue.ts";

/** A lane whose batches end when the test says so. */
class ManualLane implements Lane {
  readonly batches: (readonly string[])[] = [];
  readonly signals: AbortSignal[] = [];
  #settle: { resolve(vectors: Float32Array[]): void; reject(error: unknown): void } | undefined;

  isReady(): boolean {
    return true;
  }

  run(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    this.batches.push(texts);
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Ends the batch; the vector of a text is its length. */
  async end(): Promise<void> {
    this.#settle?.resolve(this.batches.at(-1)!.map((text) => Float32Array.of(text.length)));
    await new Promise(setImmediate);
  }

  async fail(error: unknown): Promise<void> {
    this.#settle?.reject(error);
    await new Promise(setImmediate);
  }
}

const limits: BatchQueueOptions = { maxBatch: 4, maxWaitMs: 0, maxPending: 8 };
const hour = 3_600_000;

test("what comes while a lane is busy leaves as one batch, oldest first, up to the limit", async () => {
  const lane = new ManualLane();
  const queue = new BatchQueue([lane], limits);
  const calls = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"].map((text) => queue.push(text));
  assert.equal(queue.depth, 5);
  for (let batch = 0; batch < 3; batch++) await lane.end();
  assert.deepEqual(lane.batches, [["a"], ["bb", "ccc", "dddd", "eeeee"], ["ffffff"]]);
  assert.deepEqual(
    (await Promise.all(calls)).flatMap((vector) => [...vector]),
    [1, 2, 3, 4, 5, 6],
  );
});

test("a free lane waits for batch mates no longer than allowed, and not at all for a full batch", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const lane = new ManualLane();
  const queue = new BatchQueue([lane], { ...limits, maxBatch: 2, maxWaitMs: hour });
  const full = [queue.push("a"), queue.push("b")];
  assert.deepEqual(lane.batches, [["a", "b"]]);
  await lane.end();
  await Promise.all(full);
  void queue.push("c");
  assert.equal(lane.batches.length, 1);
  queue.wake();
  assert.equal(lane.batches.length, 1);
});

test("one text more than may wait is refused with a retry delay", async () => {
  const queue = new BatchQueue([new ManualLane()], { ...limits, maxPending: 1 });
  void queue.push("runs");
  void queue.push("waits");
  await assert.rejects(queue.push("too many"), (error: IprError) => {
    assert.equal(error.code, status.RESOURCE_EXHAUSTED);
    assert.equal(error.reason, "OVERLOADED");
    assert.ok((error.retryAfterMs ?? 0) > 0);
    return true;
  });
});

test("a caller who leaves while waiting frees the place and is not computed", async () => {
  const lane = new ManualLane();
  const queue = new BatchQueue([lane], { ...limits, maxPending: 1 });
  const first = queue.push("first");
  const caller = new AbortController();
  const gone = queue.push("gone", caller.signal);
  caller.abort(new Error("deadline"));
  await assert.rejects(gone, /deadline/);
  const last = queue.push("last");
  await lane.end();
  await lane.end();
  await Promise.all([first, last]);
  assert.deepEqual(lane.batches, [["first"], ["last"]]);
});

test("a caller who leaves while it is computed hears at once, and a batch nobody waits for is told so", async () => {
  const lane = new ManualLane();
  const queue = new BatchQueue([lane], limits);
  const caller = new AbortController();
  const gone = queue.push("gone", caller.signal);
  caller.abort(new Error("deadline"));
  await assert.rejects(gone, /deadline/);
  assert.equal(lane.signals[0]?.aborted, true);
  await lane.end();
});

test("a batch that fails fails its callers and nobody else", async () => {
  const lane = new ManualLane();
  const queue = new BatchQueue([lane], { ...limits, maxBatch: 1 });
  const [first, second] = [queue.push("first"), queue.push("second")];
  void first.catch(() => {});
  await lane.fail(new Error("crashed"));
  await assert.rejects(first, /crashed/);
  await lane.end();
  assert.deepEqual(await second, Float32Array.of(6));
});

test("a queue that failed for good fails what waits and whatever comes", async () => {
  const queue = new BatchQueue([], limits);
  const waiting = queue.push("waits");
  queue.fail(new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", "given up"));
  await assert.rejects(waiting, /given up/);
  await assert.rejects(queue.push("late"), /given up/);
});
