import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChatRequest, parseChatRequest } from "./chat-request.ts";
import { parseJsonBody } from "./json-body.ts";
import { toRouteRequest } from "./route-request.ts";

const parse = (body: string | object, headers: Record<string, string> = {}): ChatRequest =>
  parseChatRequest(
    parseJsonBody(Buffer.from(typeof body === "string" ? body : JSON.stringify(body))),
    headers,
  );
const plain = { model: "ipr/default", messages: [{ role: "user", content: "Hi" }] };

test("only the model changes and only ipr goes; every other byte stays", () => {
  const request = parse(
    '{"messages":[{"role":"user","content":"Hi"}],"seed": 12345678901234567890,"ipr":{"tolerance":0.2},"x":{"y":1.0},"model":"ipr/default"}',
  );
  assert.equal(
    request.textFor("gpt-4o"),
    '{"messages":[{"role":"user","content":"Hi"}],"seed": 12345678901234567890,"x":{"y":1.0},"model":"gpt-4o"}',
  );
});

test("a stream asks the upstream for usage and keeps the caller's other stream options", () => {
  const upstream = (more: object) =>
    JSON.parse(parse({ ...plain, ...more }).textFor("m")) as Record<string, unknown>;
  assert.deepEqual(upstream({ stream: true })["stream_options"], { include_usage: true });
  assert.deepEqual(
    upstream({ stream: true, stream_options: { include_obfuscation: false } })["stream_options"],
    { include_obfuscation: false, include_usage: true },
  );
  assert.equal("stream_options" in upstream({}), false);
});

test("options come from the body or from headers, the body first", () => {
  const headers = { "x-ipr-tolerance": "0.5", "x-ipr-session": "s", "x-ipr-candidates": "a, b" };
  assert.deepEqual(parse({ ...plain, ipr: { tolerance: 0.25 } }, headers).options, {
    tolerance: 0.25,
    session: "s",
    candidates: ["a", "b"],
  });
});

const refusals: [what: string, body: string | object, message: RegExp, headers?: Record<string, string>][] = [
  ["malformed JSON", '{"model": ', /^body: must be JSON: .*JSON/],
  ["JSON that is no object", "[]", /^body: must be a JSON object/],
  ["too deep JSON", `{"a":${"[".repeat(200)}`, /^body: nests deeper than 128/],
  ["a missing model", { messages: plain.messages }, /^model: must be given/],
  ["no messages", { ...plain, messages: [] }, /^messages: must be a list of at least one/],
  ["messages that are none", { ...plain, messages: ["Hi"] }, /^messages\[0\]: must be an object/],
  [
    "too many messages",
    { ...plain, messages: Array.from({ length: 4097 }, () => ({})) },
    /^messages: must be at most 4096/,
  ],
  ["a tolerance in percent", { ...plain, ipr: { tolerance: 5 } }, /^ipr\.tolerance: must be between 0 and 1/],
  [
    "a tolerance of text",
    plain,
    /^x-ipr-tolerance: must be a number, not "high"/,
    { "x-ipr-tolerance": "high" },
  ],
  ["a header out of range", plain, /^x-ipr-tolerance: must be between 0 and 1/, { "x-ipr-tolerance": "1.5" }],
  [
    "a misspelt option",
    { ...plain, ipr: { tolerence: 0.1 } },
    /^ipr\.tolerence: is no option; known: tolerance/,
  ],
  ["an ipr that is no object", { ...plain, ipr: 1 }, /^ipr: must be an object/],
  ["a stream of text", { ...plain, stream: "yes" }, /^stream: must be true or false/],
  ["an odd n", { ...plain, n: 0 }, /^n: must be a whole number/],
];
for (const [what, body, message, headers] of refusals) {
  test(`${what} is refused by name`, () => {
    assert.throws(() => parse(body, headers), { reason: "INVALID_FIELD", message });
  });
}

test("bytes that are not UTF-8 are refused", () => {
  assert.throws(() => parseJsonBody(Buffer.from([0x7b, 0xff, 0x7d])), /must be UTF-8/);
});

test("what a request declares becomes a constraint", () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,AA" } };
  const request = parse({
    ...plain,
    messages: [{ role: "user", content: [image] }],
    tools: [{ type: "function" }],
    response_format: { type: "json_schema" },
    max_tokens: 64,
    ipr: { session: "s", tenant: "t", tolerance: 0.1, candidates: ["a"] },
  });
  assert.deepEqual(toRouteRequest(request, "default"), {
    router: "default",
    input: {
      case: "conversation",
      value: {
        messages: [{ role: 2, text: "", mediaTypes: ["image/png"] }],
        hasTools: true,
        hasJsonSchema: true,
      },
    },
    tolerance: 0.1,
    candidates: ["a"],
    constraints: { needsTools: true, needsJsonSchema: true, needsVision: true },
    sessionId: "s",
    tenant: "t",
    maxOutputTokens: 64,
  });
});
