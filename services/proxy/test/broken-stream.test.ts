import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type AnswerWriter, fakeUpstream, type SentEvent } from "@ipr/testing";
import { candidate, decisionFor, readEvents, startWorld } from "./world.ts";

const part: SentEvent = {
  data: { id: "c", choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] },
};
const stop: SentEvent = { data: { id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] } };
const events = (...sent: (SentEvent | string)[]): Answer => ({
  kind: "events",
  events: sent.map((each) => (typeof each === "string" ? { data: each } : each)),
});

async function* thenSilence(): AsyncIterable<SentEvent> {
  yield part;
  await new Promise(() => {});
}

const faults: [what: string, answer: Answer | AnswerWriter, reason: RegExp][] = [
  ["a cut", { kind: "events", events: [part, part], cutAfter: 1 }, /connection lost/],
  ["an end without finish reason and [DONE]", events(part), /ended before the answer did/],
  ["an error event", events(part, { data: { error: { message: "overloaded" } } }), /an error event came/],
  ["a broken event", events(part, '{"choices": ['), /not a JSON object/],
  ["silence", { kind: "events", events: thenSilence() }, /no next chunk within 150 ms/],
];
for (const [what, answer, reason] of faults) {
  test(`${what} after the first part ends in an error event, without [DONE], and a cut`, async () => {
    await using upstream = await fakeUpstream();
    await using other = await fakeUpstream();
    upstream.next(answer);
    await using world = await startWorld({
      candidates: [candidate("first", upstream.baseUrl), candidate("second", other.baseUrl)],
      route: async () => decisionFor("first", { fallbacks: ["second"] }),
      ...(what === "silence" && { settings: { idleTimeoutMs: 150 } }),
    });
    const { data, isClean } = await readEvents(await world.chat({ stream: true }));
    assert.equal(isClean, false);
    assert.equal(data.includes("[DONE]"), false);
    assert.deepEqual(JSON.parse(data[0]!), part.data);
    const { error } = JSON.parse(data.at(-1)!) as { error: { message: string; code: string; type: string } };
    assert.equal(error.code, "upstream_failed");
    assert.match(error.message, reason);
    assert.equal(other.requests.length, 0);
    const outcome = await world.outcome();
    assert.deepEqual([outcome.completed, outcome.cancelled, outcome.model], [false, false, ""]);
    assert.equal(outcome.costUsd, undefined);
    assert.match(outcome.attempts[0]!.error, reason);
  });
}

test("an upstream that leaves out [DONE] but gave its finish reason has finished", async () => {
  await using upstream = await fakeUpstream();
  upstream.next(events(part, stop));
  await using world = await startWorld({ candidates: [candidate("first", upstream.baseUrl)] });
  const { data, isClean } = await readEvents(await world.chat({ model: "first", stream: true }));
  assert.equal(isClean, true);
  assert.equal(data.at(-1), "[DONE]");
});

test("an upstream that keeps the connection after [DONE] does not keep the caller", async () => {
  await using upstream = await fakeUpstream();
  upstream.next((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(part.data)}\n\ndata: [DONE]\n\n`);
  });
  await using world = await startWorld({ candidates: [candidate("first", upstream.baseUrl)] });
  const { data } = await readEvents(await world.chat({ model: "first", stream: true }));
  assert.equal(data.at(-1), "[DONE]");
  assert.equal(await upstream.requests[0]!.ended, "left");
});

test("keep-alives come through once the answer has begun, and do not begin it", async () => {
  await using upstream = await fakeUpstream();
  upstream.next((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`: wait\n\ndata: ${JSON.stringify(part.data)}\n\n: alive\n\n`);
    response.end(`data: ${JSON.stringify(stop.data)}\n\ndata: [DONE]`);
  });
  await using world = await startWorld({ candidates: [candidate("first", upstream.baseUrl)] });
  const { raw } = await readEvents(await world.chat({ model: "first", stream: true }));
  assert.match(raw, /^data: \{"id":"c"/);
  assert.match(raw, /\n\n: alive\n\n/);
  assert.match(raw, /data: \[DONE\]\n\n$/);
});

test("connections to an upstream are kept from one stream to the next", async () => {
  await using upstream = await fakeUpstream();
  await using world = await startWorld({ candidates: [candidate("first", upstream.baseUrl)] });
  for (let request = 0; request < 5; request++) {
    await readEvents(await world.chat({ model: "first", stream: true }));
  }
  assert.equal(await upstream.connections(), 1);
});
