import assert from "node:assert/strict";
import { test } from "node:test";
import { errorAnswer, fakeUpstream, type SentEvent } from "@ipr/testing";
import OpenAI, { type APIError, NotFoundError } from "openai";
import { candidate, decisionFor, startWorld } from "./world.ts";

async function startClient() {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeUpstream());
  const world = stack.use(
    await startWorld({
      candidates: [candidate("cheap", upstream.baseUrl), candidate("strong", upstream.baseUrl)],
      route: async () => decisionFor("cheap"),
    }),
  );
  const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: "unused", maxRetries: 0 });
  return { upstream, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
const question = { model: "ipr/default", messages: [{ role: "user" as const, content: "Hi" }] };

test("the official client completes", async () => {
  await using world = await startClient();
  world.upstream.next({ kind: "text", text: "Hello there", usage: { inputTokens: 3, outputTokens: 2 } });
  const { data, response } = await world.client.chat.completions.create(question).withResponse();
  assert.equal(data.choices[0]?.message.content, "Hello there");
  assert.equal(data.usage?.completion_tokens, 2);
  assert.equal(response.headers.get("x-ipr-model"), "cheap");
});

test("the official client streams", async () => {
  await using world = await startClient();
  world.upstream.next({ kind: "text", text: "one two three" });
  const stream = await world.client.chat.completions.create({ ...question, stream: true });
  let said = "";
  let finishReason: string | null = null;
  for await (const chunk of stream) {
    said += chunk.choices[0]?.delta.content ?? "";
    finishReason = chunk.choices[0]?.finish_reason ?? finishReason;
  }
  assert.deepEqual([said, finishReason], ["one two three", "stop"]);
});

test("the official client's stream helper assembles tool calls and usage", async () => {
  await using world = await startClient();
  const delta = (content: object, finish_reason: string | null = null): SentEvent => ({
    data: {
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta: content, finish_reason }],
    },
  });
  world.upstream.next({
    kind: "events",
    events: [
      delta({
        role: "assistant",
        tool_calls: [{ index: 0, id: "t", type: "function", function: { name: "f", arguments: "" } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      delta({}, "tool_calls"),
      {
        data: {
          id: "c",
          object: "chat.completion.chunk",
          created: 1,
          model: "m",
          choices: [],
          usage: { prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 },
        },
      },
      { data: "[DONE]" },
    ],
  });
  const stream = world.client.chat.completions.stream({
    ...question,
    tools: [{ type: "function", function: { name: "f", parameters: {} } }],
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  const [call] = completion.choices[0]?.message.tool_calls ?? [];
  assert.equal(call?.type === "function" && call.function.arguments, '{"a":1}');
  assert.equal(completion.usage?.total_tokens, 10);
});

test("the official client throws when a stream breaks, with our message", async () => {
  await using world = await startClient();
  world.upstream.next({ kind: "text", text: ["a", "b", "c"], cutAfter: 2 });
  const stream = await world.client.chat.completions.create({ ...question, stream: true });
  await assert.rejects(
    async () => {
      for await (const _chunk of stream);
    },
    (error: APIError) => {
      assert.match(error.message, /no upstream gave a whole answer: cheap at main: connection lost/);
      return true;
    },
  );
});

test("the official client recognises our errors and the upstream's", async () => {
  await using world = await startClient();
  const unknown = world.client.chat.completions.create({ ...question, model: "gpt-9" });
  await assert.rejects(unknown, (error: NotFoundError) => {
    assert.ok(error instanceof NotFoundError);
    assert.deepEqual([error.code, error.param], ["model_not_found", "model"]);
    return true;
  });
  world.upstream.next(errorAnswer(400, "temperature is too high"));
  await assert.rejects(world.client.chat.completions.create(question), /400 temperature is too high/);
});

test("the official client lists and finds models", async () => {
  await using world = await startClient();
  const ids: string[] = [];
  for await (const { id } of world.client.models.list()) ids.push(id);
  assert.deepEqual(ids, ["ipr/default", "cheap", "strong"]);
  assert.equal((await world.client.models.retrieve("ipr/default")).owned_by, "ipr");
});
