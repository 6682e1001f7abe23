import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { WorkQueue } from "@ipr/events";
import { parseRegistry } from "@ipr/registry";
import { temporaryDirectory } from "@ipr/testing";
import type { AnnotationPrompt } from "../annotation-prompt.ts";
import { enqueueAnnotation } from "./enqueue-annotation.ts";
import { createQueueJournal } from "./queue-journal.ts";
import { decodeTask, encodeTask } from "./queue-task.ts";

const prompt: AnnotationPrompt = {
  id: "a",
  line: 3,
  source: "s",
  prompt: undefined,
  messages: [{ role: "user", content: "2+2?" }],
  references: ["4"],
  split: "test",
};

test("a task comes out of the queue as it went in, and its id tells it from others", () => {
  const task = { prompt, candidates: ["small"] };
  assert.deepEqual(decodeTask(encodeTask(task)), task);
  assert.equal(encodeTask(task).id, encodeTask({ ...task, prompt: { ...prompt, line: 9 } }).id);
  assert.notEqual(encodeTask(task).id, encodeTask({ ...task, candidates: ["large"] }).id);
  assert.notEqual(encodeTask(task).id, encodeTask({ ...task, prompt: { ...prompt, references: ["5"] } }).id);
});

test("an answer too long for the queue is kept without its middle", async () => {
  const kept = new Map<string, Uint8Array>();
  const journal = createQueueJournal({
    record: async (key, value) => void kept.set(key, value),
    recorded: async (key) => kept.get(key),
  });
  const text = "\u0001".repeat(600_000);
  const record = {
    kind: "answered",
    key: "k",
    prompt: "p",
    model: "m",
    isCut: false,
    chargedUsd: 0,
  } as const;
  await journal.append({ ...record, text });
  const found = await journal.find("k");
  assert.ok(found?.kind === "answered" && found.text.length < 81_000);
  assert.ok(kept.get("k")!.length < 512 * 1024);
});

test("a prompt too long for the queue is named by file and line", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "prompts.jsonl");
  await writeFile(file, `\n${JSON.stringify({ id: "a", prompt: "x".repeat(600_000), reference: "4" })}\n`);
  const queue: WorkQueue = {
    enqueue: () => assert.fail("was enqueued"),
    work: () => assert.fail("was worked on"),
    record: () => assert.fail("was begun"),
    recorded: async () => undefined,
    records: () => assert.fail("was read"),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 4, source: "test", asOf: "2026-01-01" };
  const endpoints = [{ name: "main", protocol: "openai", baseUrl: "http://127.0.0.1:9/v1" }];
  await assert.rejects(
    enqueueAnnotation({
      prompts: file,
      queue,
      candidates: ["small"],
      judge: { spec: "numeric", commandTimeoutMs: 1, commandEnvironment: {} },
      registry: parseRegistry(JSON.stringify({ candidates: [{ name: "small", price, endpoints }] }), "r"),
      maxOutputTokens: 1,
      maxJudgeOutputTokens: 1,
    }),
    /prompts\.jsonl:2 is a task of 6\d+ bytes, but the queue takes at most 524288/,
  );
});
