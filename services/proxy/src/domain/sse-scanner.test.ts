import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SseScanner } from "./sse-scanner.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** `text` pushed in pieces that break at `cuts`. */
function scan(text: string, cuts: readonly number[] = []) {
  const scanner = new SseScanner(1024);
  const bytes = encode(text);
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const events = edges.slice(1).flatMap((end, index) => scanner.push(bytes.subarray(edges[index], end)));
  return { events: events.map(decode), hasRest: scanner.hasRest };
}

test("an event keeps its bytes, and ends with its empty line", () => {
  assert.deepEqual(scan("data: a\n\n: note\n\nevent: e\ndata: é\n\ndata: half"), {
    events: ["data: a\n\n", ": note\n\n", "event: e\ndata: é\n\n"],
    hasRest: true,
  });
});

test("lines may end in LF, CRLF or CR", () => {
  assert.deepEqual(scan("data: a\r\n\r\n").events.join(""), "data: a\r\n\r");
  assert.equal(scan("data: a\r\n\r\ndata: b\r\n\r\n").events.length, 2);
  assert.equal(scan("data: a\r\rdata: b\r\r").events.length, 2);
  assert.equal(scan("data: a\r\n\r\n").hasRest, false);
});

test("an event beyond the limit is refused, whole or in pieces", () => {
  const scanner = new SseScanner(8);
  assert.throws(() => scanner.push(encode("data: 123456\n\n")), RangeError);
  const slow = new SseScanner(8);
  slow.push(encode("data: "));
  assert.throws(() => slow.push(encode("123")), RangeError);
});

test("where the stream is cut into chunks makes no difference", () => {
  const line = fc.string({
    unit: fc.constantFrom("a", "é", "😀", ":", " ", "data"),
    minLength: 1,
    maxLength: 5,
  });
  const newline = fc.constantFrom("\n", "\r\n", "\r");
  const stream = fc
    .tuple(newline, fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { maxLength: 5 }))
    .map(([end, events]) => events.map((lines) => lines.map((text) => text + end).join("") + end).join(""));
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), (text, cuts) => {
      const whole = scan(text);
      assert.deepEqual(scan(text, cuts), whole);
      assert.equal(whole.hasRest, false);
    }),
  );
});

test("no byte is lost, added or moved", () => {
  const anything = fc.string({ unit: fc.constantFrom("\n", "\r", "a", ":") });
  fc.assert(
    fc.property(anything, fc.array(fc.nat()), (text, cuts) => {
      assert.ok(text.startsWith(scan(text, cuts).events.join("")));
    }),
  );
});
