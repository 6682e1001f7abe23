import assert from "node:assert/strict";
import { test } from "node:test";
import { startNats, waitFor } from "@ipr/testing";
import { annotateWorld, answering, asked, counts, flags } from "./annotate-world.ts";

/** Processes start slowly on a busy machine. */
const timeoutMs = 120_000;

const prompts = Array.from({ length: 6 }, (_, index) => ({ id: `p${index}`, prompt: `Say ${index}.` }));

/** The judge likes `large` better. */
const reply = answering(({ model, text }) => {
  if (model !== "up-judge") return `${model} says ${/Say (\d+)/.exec(text)![1]}`;
  return text.includes("up-large says") ? "[[10]]" : "[[1]]";
});

test("a killed worker's task goes to another, who asks nothing again that was answered", async () => {
  await using nats = await startNats();
  await using world = await annotateWorld();
  const { upstream } = world;
  const settings = flags({
    candidates: "small,large",
    judge: "rubric:judge",
    queue: nats.url,
    job: "test",
    "ack-wait-ms": "2000",
  });
  const file = await world.write("prompts.jsonl", prompts);
  const files = flags({ prompts: file, out: world.at("out.jsonl") });

  const enqueued = await world.run([...settings, ...files, "--enqueue"]);
  assert.equal(enqueued.code, 0, enqueued.stderr);
  assert.match(enqueued.stdout, /12 tasks in the queue/);
  assert.match((await world.run([...settings, ...files, "--enqueue"])).stdout, /12 were there already/);

  let isStuck = false;
  upstream.always((request, response) => {
    const isFifthJudgement =
      asked(request).model === "up-judge" &&
      upstream.requests.filter((other) => asked(other).model === "up-judge").length === 5;
    if (isFifthJudgement) isStuck = true;
    else return reply(request, response);
  });
  const first = world.start([...settings, "--concurrency", "1"]);
  await waitFor(() => isStuck, { what: "a judgement that takes long", timeoutMs });
  await first.kill();
  const early = await world.run([...settings, ...files, "--collect"]);
  assert.equal(early.code, 1, "not all is there yet");
  assert.match(early.stderr, /8 answers are still with the workers/);
  assert.equal((await world.rows("out.jsonl")).length, 2, "what is there is written");

  upstream.always(reply);
  const others = await Promise.all([world.run(settings), world.run(settings)]);
  for (const { code, stderr } of others) assert.equal(code, 0, stderr);
  const collected = await world.run([...settings, ...files, "--collect"]);
  assert.equal(collected.code, 0, collected.stderr);
  assert.deepEqual(
    await world.rows("out.jsonl"),
    prompts.map(({ id, prompt }) => ({
      id,
      prompt,
      scores: { small: 0, large: 1 },
      output_tokens: { small: 50, large: 50 },
    })),
  );
  const twice = [...counts(upstream.requests)].filter(([, count]) => count > 1);
  assert.equal(twice.length, 1, "the judgement that was on its way, and nothing else");
  assert.match(twice[0]![0], /up-judge/);
});

test("a worker with other settings than the job's is refused", async () => {
  await using nats = await startNats();
  await using world = await annotateWorld();
  const queue = flags({ candidates: "small", queue: nats.url });
  const file = await world.write("prompts.jsonl", [{ id: "a", prompt: "Say 1.", reference: "1" }]);
  assert.match(
    (await world.run([...queue, "--judge", "numeric"])).stderr,
    /nothing is enqueued for this job/,
  );
  const enqueued = await world.run([...queue, "--judge", "numeric", "--prompts", file, "--enqueue"]);
  assert.equal(enqueued.code, 0, enqueued.stderr);
  const worker = await world.run([...queue, "--judge", "f1"]);
  assert.equal(worker.code, 1);
  assert.match(worker.stderr, /the job was begun with other settings \(judge\.kind, judge\.tolerance\)/);
  assert.equal(world.upstream.requests.length, 0);
});
