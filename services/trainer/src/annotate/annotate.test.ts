import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { IprError } from "@ipr/errors";
import { parseRegistry } from "@ipr/registry";
import { temporaryDirectory } from "@ipr/testing";
import { annotate, type AnnotateOptions } from "./annotate.ts";
import type { AnnotationProgress } from "./annotation-progress.ts";
import type { Answer, Answerer, NoAnswer, Question } from "./answerer.ts";
import { estimateAnnotation } from "./estimate-annotation.ts";

const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 4, source: "test", asOf: "2026-01-01" };
const served = (protocol: string) => [{ name: "main", protocol, baseUrl: "http://127.0.0.1:9/v1" }];
const registry = parseRegistry(
  JSON.stringify({
    candidates: [
      { name: "small", price, endpoints: served("openai") },
      { name: "large", price, endpoints: served("openai") },
      { name: "free", endpoints: served("openai") },
      { name: "absent", price },
      { name: "made-up", price, endpoints: [{ name: "main", protocol: "simulated" }] },
    ],
  }),
  "registry.json",
);

const answered = (text: string, more: Partial<Answer> = {}): Answer => ({
  kind: "answered",
  text,
  isCut: false,
  inputTokens: 10,
  outputTokens: 5,
  costUsd: 0.001,
  ...more,
});

/** Annotates in a directory of its own; `reply` stands for all models. */
async function world(reply: (question: Question) => Answer | NoAnswer = () => answered("4")) {
  const directory = await temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  const questions: Question[] = [];
  const answerer: Answerer = {
    async answer(question) {
      questions.push(question);
      return reply(question);
    },
  };
  return {
    questions,
    at,
    write: (rows: readonly object[]) =>
      writeFile(at("prompts.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    options: (more: Partial<AnnotateOptions> = {}): AnnotateOptions => ({
      prompts: at("prompts.jsonl"),
      out: at("out.jsonl"),
      candidates: ["small"],
      judge: { spec: "numeric", commandTimeoutMs: 1_000, commandEnvironment: {} },
      registry,
      maxOutputTokens: 100,
      maxJudgeOutputTokens: 100,
      answerer,
      concurrency: 2,
      now: Date.now,
      random: () => 0,
      ...more,
    }),
    judge: (spec: string) => ({ judge: { spec, commandTimeoutMs: 1_000, commandEnvironment: {} } }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const sum = { id: "a", prompt: "What is 2+2?", reference: 4 };

const broken: [string, object[], Partial<AnnotateOptions> & { spec?: string }, RegExp][] = [
  ["an empty prompt", [sum, { id: "b", prompt: " " }], {}, /prompts\.jsonl:2 has no prompt/],
  ["no reference", [sum, { id: "b", prompt: "?" }], {}, /prompts\.jsonl:2 has no "reference"/],
  ["a repeated id", [sum, sum], {}, /prompts\.jsonl:2 has the id "a" of an earlier row/],
  ["a wrong split", [{ ...sum, split: "dev" }], {}, /prompts\.jsonl:1 "split"/],
  ["no prompts", [], {}, /prompts\.jsonl has no prompts/],
  [
    "an unknown candidate",
    [sum],
    { candidates: ["smal"] },
    /--candidates: the registry has no candidate "smal"/,
  ],
  ["an unknown judge", [sum], { spec: "rubric:nobody" }, /--judge: the registry has no candidate "nobody"/],
  ["no price", [sum], { candidates: ["free"] }, /free has no price there/],
  ["no endpoint", [sum], { candidates: ["absent"] }, /absent has no endpoint/],
  ["simulated answers", [sum], { candidates: ["made-up"] }, /no provider is configured for made-up/],
  ["another kind of file", [sum], { out: "labels.csv" }, /--out: is "labels\.csv", but must end in \.jsonl/],
];
for (const [what, rows, { spec = "numeric", ...more }, expected] of broken) {
  test(`${what}: refused before anything is asked`, async () => {
    await using here = await world();
    await here.write(rows);
    await assert.rejects(annotate(here.options({ ...here.judge(spec), ...more })), (error: unknown) => {
      assert.ok(error instanceof IprError);
      assert.match(error.message, expected);
      return true;
    });
    assert.equal(here.questions.length, 0);
  });
}

test("candidates and prompts may be added to what is there, and only they are asked", async () => {
  await using here = await world(({ model }) => answered(model.name === "large" ? "4" : "5"));
  await here.write([sum]);
  await annotate(here.options());
  await here.write([
    { id: "b", messages: [{ role: "user", content: "2 and 2?" }], reference: ["4"], split: "test" },
    sum,
  ]);
  const report = await annotate(here.options({ candidates: ["small", "large"] }));
  assert.equal(here.questions.length, 4);
  assert.equal(report.chargedUsd.toFixed(6), "0.004000");
  const rows = (await readFile(here.at("out.jsonl"), "utf8")).trimEnd().split("\n");
  assert.deepEqual(
    rows.map((row) => JSON.parse(row) as object),
    [
      {
        id: "b",
        messages: [{ role: "user", content: "2 and 2?" }],
        scores: { small: 0, large: 1 },
        output_tokens: { small: 5, large: 5 },
        split: "test",
      },
      {
        id: "a",
        prompt: "What is 2+2?",
        scores: { small: 0, large: 1 },
        output_tokens: { small: 5, large: 5 },
      },
    ],
  );
});

test("a changed prompt or another judge is refused: their scores would not compare", async () => {
  await using here = await world();
  await here.write([sum]);
  await annotate(here.options());
  await assert.rejects(
    annotate(here.options(here.judge("f1"))),
    /begun with other settings \(judge\.kind, judge\.tolerance\)/,
  );
  await here.write([{ ...sum, prompt: "What is 3+1?" }]);
  await assert.rejects(
    annotate(here.options()),
    /prompts\.jsonl:1 has another prompt or reference than when "a" was asked/,
  );
  assert.equal(here.questions.length, 1);
});

test("a call that fails for a while is made again, one that cannot succeed is not", async () => {
  const failed = (httpStatus: number, mayBeBilled = false): NoAnswer => ({
    kind: "failed",
    why: `HTTP ${httpStatus}`,
    httpStatus,
    retryAfterMs: 0,
    mayBeBilled,
  });
  const ends: NoAnswer[] = [failed(503), failed(429), failed(0, true)];
  await using here = await world(() => ends.shift() ?? answered("4"));
  await here.write([sum]);
  const report = await annotate(here.options());
  assert.equal(here.questions.length, 4);
  assert.deepEqual(report.candidates[0]?.scored, 1);
  // 12 bytes and two framings of 16 tokens at 1 USD, 100 tokens at 4: what a call that was lost may have cost.
  assert.equal(report.chargedUsd.toFixed(6), (0.001 + (12 + 32 + 400) / 1e6).toFixed(6));

  ends.push(failed(404));
  await here.write([{ ...sum, id: "b" }]);
  const second = await annotate(here.options());
  assert.deepEqual(second.candidates[0]?.failures, { "HTTP 404": 1 });
  assert.equal(here.questions.length, 5);
  const third = await annotate(here.options());
  assert.deepEqual(third.candidates[0]?.failures, {}, "the next run asks again");
});

test("a provider that is busy is waited for, however many calls it refuses at once", async () => {
  const refused = new Set<string>();
  await using here = await world(({ messages }) => {
    const text = JSON.stringify(messages);
    if (refused.has(text)) return answered("4");
    refused.add(text);
    return { kind: "failed", why: "HTTP 429", httpStatus: 429, retryAfterMs: 0, mayBeBilled: false };
  });
  await here.write(
    Array.from({ length: 30 }, (_, index) => ({ ...sum, id: index, prompt: `${index}: 2+2?` })),
  );
  const report = await annotate(here.options({ concurrency: 30 }));
  assert.equal(report.stopped, undefined);
  assert.equal(report.candidates[0]?.scored, 30);
  assert.equal(here.questions.length, 60);
});

interface Meta {
  readonly prices: Readonly<Record<string, object>>;
  readonly annotation: {
    readonly settings: { readonly judge: Readonly<Record<string, string>> };
    readonly calibration: object;
    readonly notes: readonly string[];
  };
}

test("the meta file says how the scores came about, and the notes what to beware of", async () => {
  await using here = await world(({ model }) =>
    answered(model.name === "large" ? "Fine.\n[[7]]" : "4", { isCut: true }),
  );
  await here.write([sum]);
  const options = here.options({ ...here.judge("rubric:large"), candidates: ["small", "large"] });
  const seen: AnnotationProgress[] = [];
  const report = await annotate(options, (progress) => seen.push(progress));
  const meta = JSON.parse(await readFile(report.files.meta, "utf8")) as Meta;
  assert.deepEqual(meta.prices["small"], {
    input_per_1m_usd: 1,
    output_per_1m_usd: 4,
    source: "test",
    as_of: "2026-01-01",
  });
  const { settings, calibration, notes } = meta.annotation;
  const { judge } = settings;
  assert.equal(judge["model"], "large");
  assert.match(judge["rubricSha256"]!, /^[0-9a-f]{64}$/);
  assert.match(judge["rubric"]!, /from 1 to 10/);
  assert.deepEqual(calibration, { kind: "linear", lowest: 1, highest: 10, isProvisional: false });
  assert.match(
    notes.join("\n"),
    /large judged its own answers[^]*1 answers of small reached the output limit/,
  );
  assert.deepEqual(
    { ...seen.at(-1), remainingMs: 0 },
    { done: 2, total: 2, calls: 4, failedCalls: 0, spentUsd: 0.004, remainingMs: 0 },
  );
});

test("a dry run counts calls, judgements included, and bounds what they cost", async () => {
  await using here = await world();
  await here.write([sum, { ...sum, id: "b" }]);
  const { judge: _, ...options } = here.options({ candidates: ["small", "large"] });
  const judge = { spec: "pairs:large", reference: "large", commandTimeoutMs: 1, commandEnvironment: {} };
  const estimate = await estimateAnnotation({ ...options, judge });
  assert.equal(estimate.byModel["small"]!.calls, 2);
  assert.equal(estimate.byModel["large"]!.calls, 2 + 2 * 2, "its answers, and both orders for the other's");
  assert.ok(estimate.likelyUsd! > 0 && estimate.likelyUsd! < estimate.mostUsd!);
  const unpriced = await estimateAnnotation({ ...options, ...here.judge("numeric"), candidates: ["free"] });
  assert.equal(unpriced.likelyUsd, undefined, "unknown is not zero");
  assert.equal(here.questions.length, 0);
});
