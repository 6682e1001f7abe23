import assert from "node:assert/strict";
import { test } from "node:test";
import { type EventMeaning, StreamReader } from "./stream-reader.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const chunk = (fields: object) =>
  `data: ${JSON.stringify({ id: "c-1", created: 1, model: "m", ...fields })}\n\n`;
const delta = (content: string, finish_reason: string | null = null, index = 0) =>
  chunk({ choices: [{ index, delta: { content }, finish_reason }] });

function readAll(events: readonly string[], choices = 1) {
  const reader = new StreamReader(choices);
  const kinds = events.map((event) => reader.read(encode(event)).kind);
  return { reader, kinds };
}

test("parts, the usage chunk and [DONE] are told apart", () => {
  const usage = chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });
  const { reader, kinds } = readAll([
    delta("a"),
    ": alive\n\n",
    delta("", "stop"),
    usage,
    "data: [DONE]\n\n",
  ]);
  assert.deepEqual(kinds, ["part", "nothing", "part", "usage", "done"]);
  assert.equal(reader.usage?.outputTokens, 2);
  assert.deepEqual(reader.identity, { id: "c-1", created: 1, model: "m" });
  assert.equal(reader.isFinished, true);
});

test("usage in the last part counts, and the part stays a part", () => {
  const last = chunk({
    choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  });
  const { reader, kinds } = readAll([delta("a"), last]);
  assert.deepEqual(kinds, ["part", "part"]);
  assert.equal(reader.usage?.inputTokens, 3);
});

test("a stream without [DONE] is finished only when every choice is", () => {
  const half = [delta("a", null, 0), delta("b", null, 1), delta("", "stop", 0)];
  assert.equal(readAll(half, 2).reader.isFinished, false);
  assert.equal(readAll([...half, delta("", "length", 1)], 2).reader.isFinished, true);
  assert.equal(readAll([delta("a")]).reader.isFinished, false);
});

test("text that looks like the protocol is still text", () => {
  const text = '"finish_reason":"stop","usage":{"prompt_tokens":1},"error":{"message":"no"} [DONE]';
  const { reader, kinds } = readAll([delta("a"), delta(text)]);
  assert.deepEqual(kinds, ["part", "part"]);
  assert.equal(reader.isFinished, false);
  assert.equal(reader.usage, undefined);
});

const faults: Record<string, string> = {
  "an error member": 'data: {"error":{"message":"overloaded"}}\n\n',
  "an error as text": 'data: {"error": "overloaded"}\n\n',
  "an event named error": 'event: error\ndata: {"message":"overloaded"}\n\n',
  "half an object": 'data: {"choices":[\n\n',
  "not JSON": "data: <html>\n\n",
  "invalid JSON where it matters": 'data: {"finish_reason":"stop",}\n\n',
};
for (const [what, event] of Object.entries(faults)) {
  test(`${what} is a fault, as the first event and later`, () => {
    assert.equal(new StreamReader(1).read(encode(event)).kind, "fault");
    assert.equal(readAll([delta("a"), event]).kinds[1], "fault");
  });
}

test("data on several lines is one text, and CRLF is an end of line", () => {
  const meaning: EventMeaning = new StreamReader(1).read(encode('data: {"choices":\r\ndata: []}\r\n\r\n'));
  assert.equal(meaning.kind, "part");
});
