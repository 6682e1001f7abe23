import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { candidate, decisionFor, errorOf, startWorld } from "./world.ts";

const start = () =>
  startWorld({ candidates: [candidate("cheap", undefined)], route: async () => decisionFor("cheap") });
const hi = [{ role: "user", content: "Hi" }];
const mebibyte = 1024 * 1024;

type Case = [
  what: string,
  body: unknown,
  httpStatus: number,
  param: string | null,
  code: string,
  message: RegExp,
];
const cases: Case[] = [
  ["malformed JSON", '{"model": "ipr/default",', 400, "body", "invalid_field", /must be JSON/],
  ["an empty body", "", 400, "body", "invalid_field", /must be JSON/],
  ["deep nesting", `{"a":${"[".repeat(100_000)}`, 400, "body", "invalid_field", /nests deeper than 128/],
  ["a missing model", { messages: hi }, 400, "model", "invalid_field", /^model: must be given/],
  ["no messages", { model: "ipr/default", messages: [] }, 400, "messages", "invalid_field", /at least one/],
  [
    "empty messages",
    { model: "ipr/default", messages: [{ role: "user", content: "" }] },
    400,
    "messages",
    "invalid_field",
    /every message is empty/,
  ],
  [
    "an unknown role",
    { model: "ipr/default", messages: [{ role: "x", content: "a" }] },
    400,
    "messages[0].role",
    "invalid_field",
    /must be one of/,
  ],
  [
    "tolerance 1.5",
    { model: "ipr/default", messages: hi, ipr: { tolerance: 1.5 } },
    400,
    "ipr.tolerance",
    "invalid_field",
    /between 0 and 1/,
  ],
  [
    "an unknown candidate",
    { model: "gpt-9", messages: hi },
    404,
    "model",
    "model_not_found",
    /"gpt-9" is neither .* known: ipr\/default, cheap/,
  ],
  [
    "a 5 MB prompt",
    { model: "ipr/default", messages: [{ role: "user", content: "x".repeat(5 * mebibyte) }] },
    413,
    "messages",
    "too_large",
    /5242880 bytes of text, but at most 4194304/,
  ],
  [
    "a 7 MB body",
    { model: "ipr/default", messages: hi, x: "x".repeat(7 * mebibyte) },
    413,
    null,
    "too_large",
    /larger than 6291456 bytes/,
  ],
];

test("bad input gets an error body that names what and where, and the process goes on", async (t) => {
  await using world = await start();
  for (const [what, body, httpStatus, param, code, message] of cases) {
    await t.test(what, async () => {
      const response = await world.post("/v1/chat/completions", body);
      assert.equal(response.status, httpStatus);
      assert.match(response.headers.get("content-type")!, /^application\/json/);
      const error = await errorOf(response);
      assert.deepEqual([error.type, error.param, error.code], ["invalid_request_error", param, code]);
      assert.match(error.message, message);
    });
  }
  const good = await world.chat({});
  assert.equal(good.status, 200);
  // Of all these requests only the good one was decided, so only it has an outcome.
  assert.equal((await world.outcome()).decisionId, good.headers.get("x-ipr-decision-id"));
});

test("an unknown router is 404 and lists the known ones, also while the policy is down", async () => {
  await using world = await startWorld({ candidates: [candidate("cheap", undefined)] });
  const response = await world.chat({ model: "ipr/nope" });
  assert.equal(response.status, 404);
  const error = await errorOf(response);
  assert.deepEqual([error.param, error.code], ["model", "model_not_found"]);
  assert.match(error.message, /"nope"; known: default/);
});

test("what HTTP itself finds wrong is JSON too, never a page", async () => {
  await using world = await start();
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answers: [Promise<Response>, number, string][] = [
    [fetch(`${world.url}/v1/nothing`), 404, "unknown_url"],
    [fetch(`${world.url}/v1/models/%E0%A4%A`), 400, "bad_request"],
    [fetch(`${world.url}/v1/chat/completions`), 405, "method_not_allowed"],
    [fetch(`${world.url}/v1/models`, { method: "DELETE" }), 405, "method_not_allowed"],
    [world.post("/v1/chat/completions", "a=b", { headers: form }), 415, "unsupported_media_type"],
    [
      world.post("/v1/chat/completions", "{}", { headers: { "content-encoding": "lzw" } }),
      415,
      "bad_request",
    ],
  ];
  for (const [answer, httpStatus, code] of answers) {
    const response = await answer;
    assert.equal(response.status, httpStatus);
    assert.equal((await errorOf(response)).code, code);
  }
});

test("bytes that are no HTTP get an error body", async () => {
  await using world = await start();
  const { port, hostname } = new URL(world.url);
  const socket = connect(Number(port), hostname);
  socket.write("GARBAGE\r\n\r\n");
  const answer = await text(socket);
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, /"code":"bad_request"/);
});

test("a compressed body is read, and its limit holds for what it unfolds to", async () => {
  await using world = await start();
  const compress = async (value: object) =>
    Buffer.from(
      await new Response(
        new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer(),
    );
  const send = async (value: object) =>
    fetch(`${world.url}/v1/chat/completions`, {
      method: "POST",
      body: await compress(value),
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
    });
  assert.equal((await send({ model: "cheap", messages: hi })).status, 200);
  assert.equal((await send({ model: "cheap", messages: hi, x: "x".repeat(7 * mebibyte) })).status, 413);
});
