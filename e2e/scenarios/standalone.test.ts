/** `ipr up` as people start it, and the command line around it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "@ipr/grpc";
import { FeedbackService, RecalibrationService, RouterService } from "@ipr/proto";
import { fakeUpstream, startProcess, temporaryDirectory, waitFor } from "@ipr/testing";
import OpenAI from "openai";

const ipr = fileURLToPath(new URL("../../services/cli/bin/ipr.js", import.meta.url));
const prompt = "Prove that sqrt(2) is irrational";

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `ipr` command to its end. */
function run(...args: string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, [ipr, ...args], { timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

async function up(stateDir: string, environment: Readonly<Record<string, string>> = {}) {
  const args = ["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--state", stateDir];
  const router = await startProcess(ipr, args, {
    readyPattern: /^ready http=(\S+) grpc=(\S+)$/m,
    env: { OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "", ...environment },
  });
  const [, http = "", grpc = ""] = router.ready;
  const channel = connect({ name: "ipr", target: grpc, timeoutMs: 30_000 });
  return {
    router,
    grpc,
    http: `http://${http}`,
    client: channel.client(RouterService),
    feedback: channel.client(FeedbackService),
    recalibration: channel.client(RecalibrationService),
    async [Symbol.asyncDispose]() {
      channel.close();
      await router[Symbol.asyncDispose]();
    },
  };
}

/** Routes until an answer is not degraded: on a busy machine estimates may be late. */
const estimated = (client: Awaited<ReturnType<typeof up>>["client"]) =>
  waitFor(
    async () => {
      const decision = await client.route({ input: { case: "prompt", value: prompt } });
      return decision.degraded ? undefined : decision;
    },
    { what: "a decision with estimates" },
  );

test("the router starts with nothing configured, says that answers are simulated, and the three ways in agree", async () => {
  await using state = await temporaryDirectory();
  await using world = await up(state.path);
  assert.match(world.router.output(), /SIMULATED/);
  assert.match(world.router.output(), /FORCED: router default/);
  assert.match(world.router.output(), /COLD: router mmlu-pro answers with its reference/);

  const decision = await estimated(world.client);
  const openai = new OpenAI({ baseURL: `${world.http}/v1`, apiKey: "unused", maxRetries: 0 });
  const { data, response } = await waitFor(
    async () => {
      const answer = await openai.chat.completions
        .create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
        .withResponse();
      return answer.response.headers.get("x-ipr-degraded") === "true" ? undefined : answer;
    },
    { what: "an answer by estimates" },
  );
  const printed = await waitFor(
    async () => {
      const told = await run("route", prompt, "--target", world.grpc, "--json");
      assert.equal(told.code, 0, told.stderr);
      const route = JSON.parse(told.stdout) as { model: string; candidates: unknown[]; degraded: boolean };
      return route.degraded ? undefined : route;
    },
    { what: "a decision by estimates on the command line" },
  );

  assert.equal(response.headers.get("x-ipr-model"), decision.model);
  assert.equal(printed.model, decision.model);
  assert.equal(printed.candidates.length, decision.candidates.length);
  assert.equal(response.headers.get("x-ipr-simulated"), "true");
  assert.match(data.choices[0]?.message.content ?? "", /simulated/i);
});

test("a provider named by the environment answers, with its key, and nothing is simulated", async () => {
  await using state = await temporaryDirectory();
  await using upstream = await fakeUpstream();
  await using world = await up(state.path, {
    IPR_UPSTREAM_BASE_URL: upstream.baseUrl,
    IPR_UPSTREAM_API_KEY: "sk-test",
  });
  upstream.always({ kind: "text", text: "a real answer" });
  assert.doesNotMatch(world.router.output(), /SIMULATED/);
  const openai = new OpenAI({ baseURL: `${world.http}/v1`, apiKey: "unused", maxRetries: 0 });
  const { data, response } = await openai.chat.completions
    .create({ model: "ipr/default", messages: [{ role: "user", content: prompt }] })
    .withResponse();
  assert.equal(data.choices[0]?.message.content, "a real answer");
  assert.equal(response.headers.get("x-ipr-simulated"), null);
  const [seen] = upstream.requests;
  assert.equal(seen?.headers.authorization, "Bearer sk-test");
  assert.equal(seen?.body["model"], response.headers.get("x-ipr-model"));
  assert.doesNotMatch(world.router.output(), /sk-test/);
});

test("a router that was killed goes on from its state: acknowledged feedback is learned from", async () => {
  await using state = await temporaryDirectory();
  const input = { case: "prompt", value: prompt } as const;
  {
    await using world = await up(state.path);
    const { decisionId } = await world.client.route({ input });
    // Decisions are stored behind the request's back; only feedback is promised to be durable when it is acknowledged.
    await waitFor(async () => (await world.recalibration.getStatus({})).decisions > 0n, {
      what: "the decision",
    });
    await world.feedback.submit({ decisionId, score: 0 });
    await world.router.kill();
  }
  await using again = await up(state.path);
  await waitFor(
    async () => {
      const { degraded, calibration } = await again.client.route({ input });
      return !degraded && calibration !== "none";
    },
    { what: "what was acknowledged before the kill to be learned" },
  );
});

test("the loop closes in one process, what was learned survives a restart, and SIGTERM ends it with 0", async () => {
  await using state = await temporaryDirectory();
  let learned: string;
  {
    await using world = await up(state.path);
    const input = { case: "prompt", value: prompt } as const;
    const first = await estimated(world.client);
    assert.equal(first.calibration, "none");
    await world.feedback.submit({ decisionId: first.decisionId, score: 0 });
    const calibrated = await waitFor(
      async () => {
        const decision = await world.client.route({ input });
        return decision.degraded || decision.calibration === "none" ? undefined : decision;
      },
      { what: "a decision with a calibration" },
    );
    learned = calibrated.calibration;
    const { code } = await world.router.stop();
    assert.equal(code, 0, world.router.output());
  }
  await using again = await up(state.path);
  await waitFor(
    async () =>
      (await again.client.route({ input: { case: "prompt", value: prompt } })).calibration === learned,
    { what: "the calibration of before the restart" },
  );
});

test("`ipr route` decides by itself and prints candidates, estimates, costs, the threshold, the choice and the saving", async () => {
  const { code, stdout, stderr } = await run("route", prompt, "--tolerance", "0.1");
  assert.equal(code, 0, stderr);
  for (const word of [
    "candidate",
    "quality",
    "USD",
    "feasible",
    "threshold",
    "choice",
    "saving",
    "tolerance 0.1",
  ]) {
    assert.ok(stdout.includes(word), `no "${word}" in\n${stdout}`);
  }
  assert.ok(stdout.split("\n").filter((line) => / (yes|no)\b/.test(line)).length >= 11, stdout);
});

test("errors of the command line are one line that says what to do, and the exit code is not 0", async () => {
  const cases: [string[], RegExp][] = [
    [["route", prompt, "--tolerance", "1.5"], /between 0 and 1/],
    [["route", prompt, "--router", "nope"], /nope.*default/],
    [["route", ""], /prompt/],
    [["route", prompt, "--bundle", "/nowhere"], /\/nowhere.*manifest\.json/],
    [["route", prompt, "--registry", "/nowhere.yaml"], /\/nowhere\.yaml/],
    [["train", "--data", "/nowhere.jsonl", "--out", "/tmp/never"], /\/nowhere\.jsonl/],
    [["frobnicate"], /unknown command/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr, stdout } = await run(...args);
    assert.notEqual(code, 0, `${args.join(" ")} printed ${stdout}`);
    assert.match(stderr, expected, args.join(" "));
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  }
});

test("every command explains itself with an example", async () => {
  for (const command of [
    ["up"],
    ["route"],
    ["train"],
    ["evaluate"],
    ["encoder", "distill"],
    ["encoder", "import"],
    ["bench", "route"],
  ]) {
    const { code, stdout } = await run(...command, "--help");
    assert.equal(code, 0);
    assert.match(stdout, /Example/, command.join(" "));
  }
});

test("bad HTTP requests get OpenAI's error body, and the router goes on", async () => {
  await using state = await temporaryDirectory();
  await using world = await up(state.path);
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${world.http}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const chat = (more: object) =>
    JSON.stringify({ model: "ipr/default", messages: [{ role: "user", content: "hi" }], ...more });
  const cases: [Promise<Response>, number, RegExp][] = [
    [post("{"), 400, /JSON/],
    [post(chat({ model: "ipr/nope" })), 404, /nope.*default/],
    [post(chat({ model: undefined })), 400, /model/],
    [post(chat({ messages: [] })), 400, /messages/],
    [post(chat({}), { "x-ipr-tolerance": "1.5" }), 400, /tolerance/],
    [post(chat({ messages: [{ role: "user", content: "x".repeat(5_000_000) }] })), 413, /4194304|4 MiB/],
    [fetch(`${world.http}/nope`), 404, /nope/],
  ];
  for (const [answer, status, message] of cases) {
    const response = await answer;
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    assert.equal(response.status, status, error.message);
    assert.match(error.message, message);
    assert.equal(typeof error.type, "string");
  }
  assert.equal((await post(chat({}))).status, 200);
});

test("a second router on the same state is refused with what to do", async () => {
  await using state = await temporaryDirectory();
  await using world = await up(state.path);
  assert.ok(world.http);
  const { code, stderr } = await run(
    "up",
    "--http",
    "127.0.0.1:0",
    "--grpc",
    "127.0.0.1:0",
    "--state",
    state.path,
  );
  assert.notEqual(code, 0);
  assert.match(stderr, /^error: .*use another state directory$/m);
});
