import assert from "node:assert/strict";
import { randomUUIDv7 } from "node:crypto";
import { test } from "node:test";
import { Protocol } from "@ipr/proto";
import { errorAnswer, fakeUpstream } from "@ipr/testing";
import { createCompleter } from "../src/index.ts";
import { candidate } from "./world.ts";

const body = { messages: [{ role: "user", content: "Why?" }], max_tokens: 64 };
const forever = new AbortController().signal;

function completer(timeoutMs = 30_000) {
  const made = createCompleter({ environment: {}, timeoutMs, now: Date.now, newId: randomUUIDv7 });
  return { ...made, [Symbol.asyncDispose]: () => made.close() };
}

test("an answer comes as text with what it used, and says when it was cut", async () => {
  await using upstream = await fakeUpstream();
  await using asked = completer();
  upstream.next({
    kind: "text",
    text: "Because.",
    finishReason: "length",
    usage: { inputTokens: 3, outputTokens: 2 },
  });
  const end = await asked.complete(candidate("small", upstream.baseUrl), body, forever);
  assert.deepEqual(end, {
    kind: "answered",
    text: "Because.",
    isCut: true,
    usage: { inputTokens: 3, cachedInputTokens: 0, outputTokens: 2, reasoningTokens: 0 },
  });
  assert.deepEqual(upstream.requests[0]?.body, { ...body, model: "small" });
});

test("the next endpoint of the same candidate answers when the first one fails", async () => {
  await using broken = await fakeUpstream();
  await using sound = await fakeUpstream();
  await using asked = completer();
  broken.always(errorAnswer(503, "busy"));
  const both = candidate("small", undefined, {
    endpoints: [broken, sound].map(({ baseUrl }, index) => ({
      name: `e${index}`,
      protocol: Protocol.OPENAI,
      baseUrl,
    })),
  });
  const end = await asked.complete(both, body, forever);
  assert.equal(end.kind === "answered" && end.text, "ok");
});

test("a failure says when to come back, and a refusal says why", async () => {
  await using upstream = await fakeUpstream();
  await using asked = completer();
  upstream.next(errorAnswer(429, "slow down", { "retry-after": "7" }), errorAnswer(400, "too long"));
  const small = candidate("small", upstream.baseUrl);
  assert.deepEqual(await asked.complete(small, body, forever), {
    kind: "failed",
    error: "HTTP 429",
    httpStatus: 429,
    retryAfterMs: 7_000,
    mayBeBilled: false,
  });
  assert.deepEqual(await asked.complete(small, body, forever), {
    kind: "refused",
    httpStatus: 400,
    message: "too long",
  });
});

test("an upstream that hangs is left at the deadline, and may bill what it did", async () => {
  await using upstream = await fakeUpstream();
  await using asked = completer(50);
  upstream.always({ kind: "hang" });
  const end = await asked.complete(candidate("small", upstream.baseUrl), body, forever);
  assert.equal(end.kind === "failed" && end.mayBeBilled, true);
});
