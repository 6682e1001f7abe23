import assert from "node:assert/strict";
import { test } from "node:test";
import { errorAnswer, fakeUpstream } from "./index.ts";

const ask = (baseUrl: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });

test("answers by its script first and by its standing answer after", async () => {
  await using upstream = await fakeUpstream();
  upstream.next(errorAnswer(429, "slow down", { "retry-after": "1" }));
  const refused = await ask(upstream.baseUrl, { model: "a" });
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  const answered = (await (await ask(upstream.baseUrl, { model: "b" })).json()) as {
    model: string;
    choices: { message: { content: string } }[];
  };
  assert.equal(answered.model, "b");
  assert.equal(answered.choices[0]?.message.content, "ok");
  assert.deepEqual(
    upstream.requests.map(({ path, body }) => [path, body["model"]]),
    [
      ["/v1/chat/completions", "a"],
      ["/v1/chat/completions", "b"],
    ],
  );
});

test("streams a text word by word without losing a space, and says what it used when asked", async () => {
  await using upstream = await fakeUpstream();
  upstream.next({ kind: "text", text: " two  words\n", usage: { inputTokens: 3, outputTokens: 2 } });
  const response = await ask(upstream.baseUrl, { stream: true, stream_options: { include_usage: true } });
  const events = (await response.text()).split("\n\n").filter((line) => line !== "");
  assert.equal(events.at(-1), "data: [DONE]");
  const chunks = events
    .slice(0, -1)
    .map(
      (line) => JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[]; usage?: object },
    );
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), " two  words\n");
  assert.deepEqual(chunks.at(-1)?.usage, {
    prompt_tokens: 3,
    completion_tokens: 2,
    total_tokens: 5,
    prompt_tokens_details: { cached_tokens: 0 },
  });
});

test("cuts a stream after as many pieces as it is told", async () => {
  await using upstream = await fakeUpstream();
  upstream.next({ kind: "text", text: ["a", "b", "c"], cutAfter: 2 });
  const response = await ask(upstream.baseUrl, { stream: true });
  let received = "";
  await assert.rejects(async () => {
    for await (const part of response.body!) received += Buffer.from(part).toString();
  });
  assert.match(received, /"content":"b"/);
  assert.doesNotMatch(received, /"content":"c"|DONE/);
});

test("cuts a connection before the first byte", async () => {
  await using upstream = await fakeUpstream();
  upstream.next({ kind: "cut" });
  await assert.rejects(ask(upstream.baseUrl, {}));
});

test("hangs until the caller leaves, and sees it leave", async () => {
  await using upstream = await fakeUpstream();
  upstream.next({ kind: "hang" });
  const leaving = new AbortController();
  const asked = ask(upstream.baseUrl, {}, leaving.signal);
  while (upstream.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  leaving.abort();
  await assert.rejects(asked);
  assert.equal(await upstream.requests[0]?.ended, "left");
});
