import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { status } from "@ipr/errors";
import { EmbeddingService, type EmbedRequest, EmbedRequestSchema } from "@ipr/proto";
import { multiplex, multiplexed } from "../src/index.ts";

const patienceMs = 30_000;

/** Requests as a caller would send them, one by one as the test says. */
function requestsByHand() {
  const arrivals: PromiseWithResolvers<string>[] = [Promise.withResolvers()];
  return {
    send(text: string) {
      const last = arrivals.at(-1);
      arrivals.push(Promise.withResolvers());
      last?.resolve(text);
    },
    async *[Symbol.asyncIterator]() {
      for (let index = 0; ; index++) {
        const text = await arrivals[index]!.promise;
        const request = create(EmbedRequestSchema, { text });
        yield { id: BigInt(index), timeoutMs: patienceMs, traceparent: "", request };
      }
    },
  };
}

test("a stream that drains answers what it has taken and takes nothing more, however much comes", async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const embed = async ({ text }: EmbedRequest) => {
    seen.push(text);
    started.resolve();
    await gate.promise;
    return { text };
  };
  const draining = new AbortController();
  const context = {
    signal: new AbortController().signal,
    draining: draining.signal,
    remainingMs: () => patienceMs,
  };
  const requests = requestsByHand();
  const answers = multiplexed(EmbeddingService.method.embed, embed, (error) => assert.fail(String(error)))(
    requests,
    context,
  );
  const all = Array.fromAsync(answers, ({ result }) => result.case);
  requests.send("before");
  await started.promise;
  draining.abort();
  requests.send("after");
  await new Promise(setImmediate);
  gate.resolve();
  assert.deepEqual(await all, ["response"]);
  assert.deepEqual(seen, ["before"]);
});

test("what a stalled neighbour has not taken of a call that ended is not sent to it later", async () => {
  const gate = Promise.withResolvers<void>();
  const sent: string[] = [];
  const stream = multiplex<{ text: string }, { text: string }>(
    "embedding",
    "/test",
    async function* (requests) {
      await gate.promise;
      for await (const { id, request } of requests) {
        const { text } = request as { text: string };
        sent.push(text);
        yield { id, result: { case: "response", value: { text } } };
      }
    },
  );
  const late = Array.from({ length: 3 }, () => stream.call({ text: "late" }, { timeoutMs: 1 }));
  for (const call of late) await assert.rejects(call, { code: status.DEADLINE_EXCEEDED });
  const open = stream.call({ text: "open" }, { timeoutMs: patienceMs });
  gate.resolve();
  assert.deepEqual(await open, { text: "open" });
  assert.deepEqual(sent, ["open"]);
  stream.close();
});

test("a caller that leaves is an IprError, whatever it aborted with", async () => {
  const stream = multiplex<object, object>("embedding", "/test", async function* (requests) {
    for await (const _ of requests) yield* [];
  });
  const leaving = new AbortController();
  const call = stream.call({}, { timeoutMs: patienceMs, signal: leaving.signal });
  leaving.abort();
  const left = { name: "IprError", code: status.CANCELLED };
  await assert.rejects(call, left);
  await assert.rejects(stream.call({}, { timeoutMs: patienceMs, signal: leaving.signal }), left);
  stream.close();
});
