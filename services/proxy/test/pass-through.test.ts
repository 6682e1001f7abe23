import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Protocol } from "@ipr/proto";
import { fakeUpstream, temporaryDirectory } from "@ipr/testing";
import { candidate, decisionFor, readEvents, startWorld } from "./world.ts";

test("a completion goes through byte by byte, in both directions", async () => {
  await using upstream = await fakeUpstream();
  const answer =
    '{"id":"x", "choices":[{"index":0,"message":{"role":"assistant","content":"é"},"finish_reason":"stop"}],"system_fingerprint":12345678901234567890,"usage":{"prompt_tokens":1000000,"completion_tokens":500000}}';
  upstream.next((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "x-request-id": "req-1" });
    response.end(answer);
  });
  await using world = await startWorld({
    candidates: [candidate("cheap", upstream.baseUrl), candidate("strong", upstream.baseUrl)],
    route: async () => decisionFor("cheap"),
  });
  const response = await world.post(
    "/v1/chat/completions",
    '{"seed": 12345678901234567890, "messages":[{"role":"user","content":"Hi","x":{"y":1.0}}],"ipr":{"session":"s"},"model":"ipr/default","tools":[],"n":1,"unknown":null}',
  );
  assert.equal(response.status, 200);
  assert.equal(await response.text(), answer);
  assert.equal(
    upstream.requests[0]?.text,
    '{"seed": 12345678901234567890,"messages":[{"role":"user","content":"Hi","x":{"y":1.0}}],"tools":[],"n":1,"unknown":null,"model":"cheap"}',
  );
  const header = (name: string) => response.headers.get(name);
  assert.match(header("x-ipr-decision-id")!, /^[0-9a-f-]{36}$/);
  assert.equal(header("x-ipr-model"), "cheap");
  assert.equal(header("x-ipr-attempts"), "1");
  assert.equal(header("x-ipr-degraded"), "false");
  assert.equal(header("x-ipr-cost-usd"), "3");
  assert.equal(header("x-ipr-expected-saving"), "0.75");
  assert.equal(header("x-ipr-simulated"), null);
  assert.equal(header("x-request-id"), "req-1");
});

test("the upstream knows the model by its own name, and gets the key from the environment or a file", async () => {
  await using upstream = await fakeUpstream();
  await using directory = await temporaryDirectory();
  const keyFile = join(directory.path, "key");
  await writeFile(keyFile, "sk-from-file\n");
  const endpoint = { name: "main", protocol: Protocol.OPENAI, baseUrl: `${upstream.baseUrl}/` };
  await using world = await startWorld({
    candidates: [
      candidate("cheap", null, {
        endpoints: [{ ...endpoint, upstreamModel: "org/cheap-v2", apiKeyEnv: "CHEAP_KEY" }],
      }),
      candidate("strong", null, { endpoints: [{ ...endpoint, apiKeyEnv: "STRONG_KEY_FILE" }] }),
    ],
    environment: { CHEAP_KEY: "sk-cheap", STRONG_KEY_FILE: keyFile },
  });
  await world.chat({ model: "cheap" });
  await world.chat({ model: "strong" });
  assert.doesNotMatch(world.logLines.join(), /sk-/);
  assert.deepEqual(
    upstream.requests.map(({ body, headers, path }) => [body["model"], headers.authorization, path]),
    [
      ["org/cheap-v2", "Bearer sk-cheap", "/v1/chat/completions"],
      ["strong", "Bearer sk-from-file", "/v1/chat/completions"],
    ],
  );
});

test("the caller's own key stays with us", async () => {
  await using upstream = await fakeUpstream();
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl)] });
  await world.chat({ model: "cheap" }, { headers: { authorization: "Bearer sk-caller" } });
  assert.equal(upstream.requests[0]?.headers.authorization, undefined);
});

const part = (content: string) =>
  `{"id":"c-1","created":7,"model":"up","choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}],"odd":1.0}`;
const stop =
  '{"id":"c-1","created":7,"model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
const usage =
  '{"id":"c-1","created":7,"model":"up","choices":[],"usage":{"prompt_tokens":1000000,"completion_tokens":250000,"total_tokens":1250000}}';
const streamed = (...data: string[]) =>
  ({ kind: "events", events: data.map((each) => ({ data: each })) }) as const;

test("a stream goes through byte by byte, and its last chunk tells what the headers could not", async () => {
  await using upstream = await fakeUpstream();
  upstream.next(streamed(part("a"), part("b"), stop, usage, "[DONE]"));
  await using world = await startWorld({
    candidates: [candidate("cheap", upstream.baseUrl), candidate("strong", upstream.baseUrl)],
    route: async () => decisionFor("cheap"),
  });
  const response = await world.chat({ stream: true });
  assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
  assert.equal(response.headers.get("x-ipr-model"), "cheap");
  assert.equal(response.headers.get("x-ipr-cost-usd"), null);
  const { data, isClean } = await readEvents(response);
  assert.equal(isClean, true);
  assert.deepEqual(data.slice(0, 3), [part("a"), part("b"), stop]);
  assert.equal(data[4], "[DONE]");
  assert.equal(data.length, 5);
  assert.deepEqual(JSON.parse(data[3]!), {
    id: "c-1",
    created: 7,
    model: "up",
    object: "chat.completion.chunk",
    choices: [],
    ipr: {
      decisionId: response.headers.get("x-ipr-decision-id"),
      model: "cheap",
      attempts: 1,
      degraded: false,
      trust: "route",
      costUsd: 2,
      expectedSaving: 0.75,
      usage: { inputTokens: 1_000_000, cachedInputTokens: 0, outputTokens: 250_000, reasoningTokens: 0 },
    },
  });
  assert.deepEqual(upstream.requests[0]?.body["stream_options"], { include_usage: true });
});

test("a caller who asks for usage gets it once, in the last chunk", async () => {
  await using upstream = await fakeUpstream();
  upstream.next(streamed(part("a"), stop, usage, "[DONE]"));
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl)] });
  const response = await world.chat({
    model: "cheap",
    stream: true,
    stream_options: { include_usage: true },
  });
  const { data } = await readEvents(response);
  const chunks = data.slice(0, -1).map((text) => JSON.parse(text) as { usage?: object; ipr?: object });
  assert.equal(chunks.filter((chunk) => chunk.usage).length, 1);
  assert.deepEqual(chunks.at(-1)?.usage, (JSON.parse(usage) as { usage: object }).usage);
  assert.ok(chunks.at(-1)?.ipr);
});

test("the cost of unknown usage and of an unknown price is absent, not zero", async () => {
  await using upstream = await fakeUpstream();
  const unpriced = candidate("unpriced", upstream.baseUrl);
  delete unpriced.price;
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl), unpriced] });
  upstream.next({ kind: "json", body: { choices: [] } });
  assert.equal((await world.chat({ model: "cheap" })).headers.get("x-ipr-cost-usd"), null);
  assert.equal((await world.chat({ model: "unpriced" })).headers.get("x-ipr-cost-usd"), null);
});

test("a caller who asks for an explanation gets it in the answer", async () => {
  await using upstream = await fakeUpstream();
  await using world = await startWorld({
    candidates: [candidate("cheap", upstream.baseUrl), candidate("strong", upstream.baseUrl)],
    route: async () =>
      decisionFor("cheap", {
        threshold: 0.5,
        candidates: [
          { name: "cheap", quality: 0.625, feasible: true },
          { name: "strong", feasible: false, reason: "too dear" },
        ],
      }),
  });
  const body = (await (await world.chat({ ipr: { explain: true } })).json()) as {
    choices: unknown[];
    ipr: { decision: { candidates: { name: string; reason?: string }[]; threshold: number } };
  };
  assert.equal(body.choices.length, 1);
  assert.equal(body.ipr.decision.threshold, 0.5);
  assert.deepEqual(
    body.ipr.decision.candidates.map(({ name, reason }) => [name, reason]),
    [
      ["cheap", undefined],
      ["strong", "too dear"],
    ],
  );
});
