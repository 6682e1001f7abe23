import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { test } from "node:test";
import { errorAnswer, fakeUpstream, waitFor } from "@ipr/testing";
import { readLabelledPrompts, train } from "@ipr/trainer";
import { annotateWorld, answering, asked, callUsd, counts, flags } from "./annotate-world.ts";

const sums = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    source: "sums",
    prompt: `What is ${index}+1?`,
    reference: index + 1,
  }));
/** Processes start slowly on a busy machine. */
const timeoutMs = 120_000;
const isJudge = ({ model }: { readonly model: string }) => model === "up-judge";

/** `large` is right; `small` is, every second time. The judge rates what is right 10. */
const arithmetic = answering(({ model, text }) => {
  const number = Number(/What is (\d+)\+1/.exec(text)![1]);
  if (model === "up-judge") return text.includes(`It is ${number + 1}.`) ? "Right.\n[[10]]" : "Wrong.\n[[1]]";
  return model === "up-large"
    ? `Surely: It is ${number + 1}.`
    : `It is ${number % 2 === 0 ? number + 1 : 99}.`;
});

test("a killed run goes on where it was, with nothing asked twice but what was on its way", async () => {
  await using world = await annotateWorld();
  const { upstream } = world;
  const prompts = await world.write("prompts.jsonl", sums(10));
  const command = flags({
    prompts,
    candidates: "small,large",
    judge: "rubric:judge",
    out: world.at("out.jsonl"),
    concurrency: "3",
    "max-usd": "1",
    json: true,
  });
  const answeredBefore = 17;
  let hanging = 0;
  upstream.always((request, response) => {
    if (upstream.requests.length > answeredBefore) return void hanging++;
    return arithmetic(request, response);
  });
  const first = world.start(command);
  await waitFor(() => hanging === 3, { what: "three calls on their way", timeoutMs });
  assert.equal((await first.kill()).code, null);
  await appendFile(world.at("out.journal.jsonl"), '{"kind":"answered","key":"torn');

  upstream.always(arithmetic);
  const second = await world.run(command);
  assert.equal(second.code, 0, second.stderr);
  const twice = [...counts(upstream.requests).values()].filter((count) => count > 1);
  assert.deepEqual(twice, [2, 2, 2], "only the three that were on their way");
  assert.equal(upstream.requests.length, 2 * 20 + hanging);
  const rows = await world.rows("out.jsonl");
  assert.deepEqual(rows[3], {
    id: "p3",
    source: "sums",
    prompt: "What is 3+1?",
    scores: { small: 0, large: 1 },
    output_tokens: { small: 50, large: 50 },
  });
  assert.equal(rows.length, 10);
  const report = JSON.parse(second.stdout) as { chargedUsd: number };
  assert.ok(report.chargedUsd > 40 * callUsd, "what was on its way may be billed, so it counts");

  const third = await world.run(command);
  assert.equal(third.code, 0);
  assert.equal(upstream.requests.length, 40 + hanging, "a finished run asks nothing");
});

test("a run stops before the call that could pass the limit, and a higher one goes on", async () => {
  await using world = await annotateWorld();
  const { upstream } = world;
  upstream.always(arithmetic);
  const prompts = await world.write("prompts.jsonl", sums(20));
  const command = flags({
    prompts,
    candidates: "small,large",
    judge: "numeric",
    out: world.at("out.jsonl"),
    "max-output-tokens": "50",
  });
  const stopped = await world.run([...command, "--max-usd", "0.0022"]);
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /error: stopped before a call that could pass the limit of 0\.0022 USD/);
  assert.equal(upstream.requests.length, 10, "ten calls cost 0.0021, and an eleventh could pass the limit");
  assert.ok((await world.rows("out.jsonl")).length >= 4, "what is done is written");

  const done = await world.run([...command, "--max-usd", "1", "--json"]);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(upstream.requests.length, 40);
  const report = JSON.parse(done.stdout) as { chargedUsd: number; candidates: { meanScore: number }[] };
  assert.equal(report.chargedUsd.toFixed(9), (40 * callUsd).toFixed(9));
  assert.deepEqual(
    report.candidates.map(({ meanScore }) => meanScore),
    [0.5, 1],
  );
});

test("a judge that cannot be read leaves no score, and is asked again only when told to", async () => {
  await using world = await annotateWorld();
  const { upstream } = world;
  upstream.always(answering((question) => (isJudge(question) ? "10 out of 10!" : "It is 1.")));
  const prompts = await world.write("prompts.jsonl", sums(1));
  const command = flags({ prompts, candidates: "small", judge: "rubric:judge", out: world.at("out.jsonl") });
  const garbage = await world.run(command);
  assert.equal(garbage.code, 1);
  assert.match(garbage.stderr, /error: nothing was labelled: every answer failed.*--retry-failed/);
  assert.match(garbage.stdout, /failed 1 x small: the judge's reply could not be read, twice/);
  assert.equal(await world.read("out.jsonl"), "");
  assert.equal(upstream.requests.length, 3);

  upstream.always(arithmetic);
  assert.equal((await world.run(command)).code, 1, "and the second time too");
  assert.equal(upstream.requests.length, 3, "a recorded failure is not asked again");
  await world.run([...command, "--retry-failed"]);
  assert.equal(upstream.requests.length, 4, "the answer itself was there");
  assert.deepEqual((await world.rows("out.jsonl"))[0]!.scores, { small: 1 });
});

test("a judge that can never be read stops the run, with what to do", async () => {
  await using world = await annotateWorld();
  world.upstream.always(answering((question) => (isJudge(question) ? "10 out of 10!" : "It is 1.")));
  const prompts = await world.write("prompts.jsonl", sums(50));
  const run = await world.run(
    flags({
      prompts,
      candidates: "small",
      judge: "rubric:judge",
      concurrency: "1",
      out: world.at("out.jsonl"),
    }),
  );
  assert.equal(run.code, 1);
  assert.match(
    run.stderr,
    /stopped: no reply of the judge's about 10 answers in a row could be read.*another judge/,
  );
  assert.equal(world.upstream.requests.length, 30, "an answer and two judgements, ten times");
});

test("pairs are judged in both orders against the reference, which ties with itself", async () => {
  await using world = await annotateWorld();
  const { upstream } = world;
  const says = (name: string, text: string) => new RegExp(`answer ${name} \\w+>>>\\n(\\w+)`).exec(text)![1]!;
  upstream.always(
    answering(({ model, text }) => {
      if (model !== "up-judge")
        return model === "up-small" && text.includes("What is 0") ? "worse" : model.slice(3);
      const [a, b] = [says("A", text), says("B", text)];
      if (a === "worse") return "[[B>A]]";
      if (b === "worse") return "[[A>B]]";
      return "The first, as ever.\n[[A>B]]";
    }),
  );
  const prompts = await world.write("prompts.jsonl", sums(2));
  const run = await world.run(
    flags({
      prompts,
      candidates: "small,large",
      judge: "pairs:judge",
      reference: "large",
      out: world.at("out.jsonl"),
    }),
  );
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    (await world.rows("out.jsonl")).map(({ scores }) => scores),
    [
      { small: 0.25, large: 0.5 },
      { small: 0.5, large: 0.5 },
    ],
  );
  assert.equal(upstream.requests.filter((request) => asked(request).model === "up-large").length, 2);
  assert.equal(upstream.requests.filter((request) => isJudge(asked(request))).length, 4);
});

test("a provider that asks for time gets it, and a refusal is told and not repeated", async () => {
  await using world = await annotateWorld();
  const { upstream } = world;
  upstream.always(arithmetic);
  upstream.next(errorAnswer(429, "slow down", { "retry-after-ms": "20" }), errorAnswer(400, "too rude"));
  const prompts = await world.write("prompts.jsonl", sums(2));
  const run = await world.run(
    flags({ prompts, candidates: "small", judge: "numeric", concurrency: "1", out: world.at("out.jsonl") }),
  );
  assert.equal(run.code, 0, run.stderr);
  assert.equal(upstream.requests.length, 3);
  assert.match(run.stdout, /failed 1 x small: small refused: HTTP 400: too rude/);
  assert.deepEqual(
    (await world.rows("out.jsonl")).map(({ id }) => id),
    ["p1"],
  );
});

test("a model that is down stops the run rather than fail it all", async () => {
  await using world = await annotateWorld();
  world.upstream.always(errorAnswer(401, "no such key"));
  const prompts = await world.write("prompts.jsonl", sums(200));
  const run = await world.run(
    flags({ prompts, candidates: "small", judge: "numeric", concurrency: "1", out: world.at("out.jsonl") }),
  );
  assert.equal(run.code, 1);
  assert.match(run.stderr, /stopped: 10 calls to small in a row failed, the last one with: small: HTTP 401/);
  assert.equal(world.upstream.requests.length, 10);
});

test("rewards are mapped by one map, fitted once and kept for later runs", async () => {
  await using world = await annotateWorld();
  world.upstream.always(arithmetic);
  await using rewards = await fakeUpstream();
  rewards.always(({ body }, response) => {
    const { answer, messages } = body as { answer: string; messages: object[] };
    assert.equal(messages.length, 2);
    response.end(JSON.stringify({ data: [{ reward: Number(/\d+/.exec(answer)![0]) }] }));
  });
  const rewarded = (prompts: string) =>
    world.run(
      flags({
        prompts,
        candidates: "large",
        judge: `reward:${rewards.baseUrl}/score`,
        "reward-pointer": "/data/0/reward",
        out: world.at("out.jsonl"),
      }),
    );
  const first = await rewarded(await world.write("five.jsonl", sums(5)));
  assert.equal(first.code, 0, first.stderr);
  const map = async () =>
    (JSON.parse(await world.read("out.meta.json")) as { annotation: { calibration: object } }).annotation
      .calibration;
  const fitted = await map();
  const scores = async () => (await world.rows("out.jsonl")).slice(0, 5).map((row) => row.scores["large"]);
  const before = await scores();
  assert.deepEqual([before[1], before[2], before[3]], [0.25, 0.5, 0.75]);
  await rewarded(await world.write("fifty.jsonl", sums(50)));
  assert.deepEqual(await map(), fitted);
  assert.deepEqual(await scores(), before);
});

test("what is wrong is told in one line, before anything is asked", async () => {
  await using world = await annotateWorld();
  const [first, second] = sums(2);
  const prompts = await world.write("prompts.jsonl", [first!, { ...second, prompt: "" }]);
  const out = world.at("out.jsonl");
  const broken = await world.run(flags({ prompts, candidates: "small", judge: "numeric", out }));
  assert.equal(broken.code, 1);
  assert.equal(broken.stderr, `error: ${prompts}:2 has no prompt: give "prompt", or "messages" with text\n`);
  const unsafe = flags({ prompts, candidates: "small", judge: "command", command: "true", out });
  assert.match((await world.run(unsafe)).stderr, /^error: --sandbox: is needed by --judge command[^\n]*\n$/);
  assert.equal(world.upstream.requests.length, 0);
});

test("a command tests the answers, shut in by what the user names", async () => {
  await using world = await annotateWorld();
  world.upstream.always(arithmetic);
  const prompts = await world.write("prompts.jsonl", sums(4));
  const run = await world.run(
    flags({
      prompts,
      candidates: "small",
      judge: "command",
      command: 'test "$SHUT_IN" = yes && grep -qw "$(cat "$IPR_ANSWER_DIR/reference.txt")"',
      sandbox: "env SHUT_IN=yes",
      out: world.at("out.jsonl"),
    }),
  );
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    (await world.rows("out.jsonl")).map(({ scores }) => scores["small"]),
    [1, 0, 1, 0],
  );
});

test("made-up answers are not labelled unless that is the point", async () => {
  await using world = await annotateWorld();
  const prompts = await world.write("prompts.jsonl", sums(1));
  const registry = new URL("../../../deploy/default/registry.yaml", import.meta.url).pathname;
  const candidates = "gpt-4o-2024-08-06";
  const command = flags({ prompts, judge: "numeric", out: world.at("out.jsonl"), registry, candidates });
  const refused = await world.run(command);
  assert.match(
    refused.stderr,
    /no provider is configured for gpt-4o-2024-08-06: its answers would be made up/,
  );
  const rehearsed = await world.run([...command, "--allow-simulated"]);
  assert.equal(rehearsed.code, 0, rehearsed.stderr);
  assert.match(rehearsed.stdout, /were simulated: these labels are a rehearsal/);
  assert.match(rehearsed.stdout, /simulated: nothing was spent/);
  const judged = flags({ prompts, judge: `rubric:${candidates}`, out: world.at("judged.jsonl"), registry });
  const unreadable = await world.run([...judged, "--candidates", candidates, "--allow-simulated"]);
  assert.equal(unreadable.code, 1);
  assert.match(unreadable.stderr, /^error: --judge: .* is simulated.*--judge exact/);
  const estimate = await world.run([...command, "--dry-run", "--json"]);
  assert.equal((JSON.parse(estimate.stdout) as { calls: number }).calls, 1);
});

test("what is written is what training reads, prices included", async () => {
  await using world = await annotateWorld();
  world.upstream.always(arithmetic);
  const prompts = await world.write("prompts.jsonl", sums(150));
  const out = world.at("out.jsonl");
  const run = await world.run(
    flags({ prompts, candidates: "small,large", judge: "numeric", out, concurrency: "16" }),
  );
  assert.equal(run.code, 0, run.stderr);
  const rows = await Array.fromAsync(readLabelledPrompts(out));
  assert.equal(rows.length, 150);
  assert.deepEqual(rows[1]!.outputTokens, { small: 50, large: 50 });
  const encoder = new URL("../../../deploy/default/encoder", import.meta.url).pathname;
  const report = await train({ data: [out], out: world.at("bundle"), encoder });
  assert.deepEqual(report.unpriced, []);
  assert.deepEqual(
    report.candidates.map(({ name, hasAdapter }) => [name, hasAdapter]),
    [
      ["large", true],
      ["small", true],
    ],
  );
});
