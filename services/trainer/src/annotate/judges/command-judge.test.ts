import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory, waitFor } from "@ipr/testing";
import { commandJudge, type CommandJudgeOptions } from "./command-judge.ts";
import { type JudgedAnswer, NotJudged } from "./judge.ts";

const answer: JudgedAnswer = {
  prompt: {
    id: "a",
    line: 1,
    prompt: "Add 2 and 2",
    messages: undefined,
    references: ["4"],
    source: undefined,
    split: undefined,
  },
  text: "four",
  opponent: undefined,
};
const tools = {
  ask: () => Promise.reject(new Error("a command asks no model")),
  signal: new AbortController().signal,
};
const environment = { PATH: process.env["PATH"] ?? "" };

function judge(command: string, more: Partial<CommandJudgeOptions> = {}) {
  return commandJudge({ command, sandbox: undefined, timeoutMs: 30_000, environment, ...more }).judge(
    answer,
    tools,
  );
}

test("a command passes an answer by its exit code, and may state a share", async () => {
  assert.deepEqual(await judge("echo fine"), { raw: 1, note: "fine" });
  assert.deepEqual(await judge("echo 2 of 3 failed; exit 1"), { raw: 0, note: "2 of 3 failed" });
  assert.equal((await judge("echo 1 of 4; echo score: 0.25")).raw, 0.25);
  assert.equal((await judge("echo score: 0.25; exit 1")).raw, 0, "a failed command passed nothing");
});

test("it has the answer on standard input and in a file, beside prompt and reference, and no other environment", async () => {
  const { note } = await judge(
    `cat; cd "$IPR_ANSWER_DIR"; echo; cat answer.txt prompt.txt reference.txt; echo; env | cut -d= -f1 | sort`,
  );
  const [input, files, ...names] = note!.split("\n");
  assert.equal(input, "four");
  assert.equal(files, "fourAdd 2 and 24");
  assert.deepEqual(
    names.filter((name) => !["_", "OLDPWD", "PWD", "SHLVL"].includes(name)),
    ["IPR_ANSWER_DIR", "PATH"],
  );
});

test("a command that ends in another way says nothing about the answer", async () => {
  const failures: [string, RegExp][] = [
    ["echo no compiler >&2; exit 2", /code 2, which is neither pass \(0\) nor fail \(1\): no compiler/],
    ["kill -TERM $$", /was ended by SIGTERM/],
  ];
  for (const [command, expected] of failures)
    await assert.rejects(judge(command), (error: unknown) => {
      assert.ok(error instanceof NotJudged && error.isPassing);
      assert.match(error.message, expected);
      return true;
    });
  await assert.rejects(judge("true", { sandbox: ["/no/such/sandbox"] }), /could not be started/);
});

test("a command that does not end in time has not passed, and what it started ends with it", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "pid");
  const judgement = await judge(`(echo $BASHPID >/dev/null; sleep 600) & echo $! > ${file}; wait`, {
    timeoutMs: 500,
  });
  assert.deepEqual(judgement, { raw: 0, note: "not passed: it did not end in time" });
  const pid = (await readFile(file, "utf8")).trim();
  await waitFor(async () => !(await isAlive(pid)), { what: "the end of what the command started" });
});

test("a command that prints without end has not passed", async () => {
  assert.match((await judge("yes")).note!, /it printed over 262144 bytes/);
});

test("the sandbox's words come before the command, with the answer's directory in them", async () => {
  const { note } = await judge('echo "$SHUT_IN"', { sandbox: ["env", "SHUT_IN={dir}/answer.txt"] });
  assert.match(note!, /ipr-answer-\w+\/answer\.txt$/);
  assert.ok(!existsSync(note!), "the directory is gone afterwards");
});

/** A process that has ended but was not waited for is a zombie: it runs no more. */
async function isAlive(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) Z /.test(stat);
}
