import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conversationText } from "../annotation-prompt.ts";
import { type Judge, type JudgedAnswer, type Judgement, NotJudged } from "./judge.ts";

/** A command that prints more has lost its way: it is ended. */
const maxOutputBytes = 256 * 1024;
const keptNoteCharacters = 400;

export interface CommandJudgeOptions {
  /** What tests an answer, as a line for `/bin/sh -c`. */
  readonly command: string;
  /** The words before it that shut it in; `{dir}` in them becomes the directory with the answer. Undefined: nothing does. */
  readonly sandbox: readonly string[] | undefined;
  readonly timeoutMs: number;
  /** All that the command gets of the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A command that tests an answer: it has it on standard input and in `answer.txt` of `$IPR_ANSWER_DIR`, beside
 * `prompt.txt` and `reference.txt`.
 *
 * Exit code 0 is a pass and 1 is not; a last line such as `score: 0.75` on standard output counts instead after a 0.
 * A command that does not end in time or prints without end has not passed. Any other exit code is the command's
 * own failure, and no score.
 */
export function commandJudge(options: CommandJudgeOptions): Judge {
  const { command, sandbox, timeoutMs } = options;
  return {
    settings: { kind: "command", command, sandbox: sandbox ?? null, timeoutMs },
    needsReference: false,
    comparesWith: undefined,
    model: undefined,
    calls: { usual: 0, most: 0 },
    calibration: { kind: "identity" },
    async judge(answer, { signal }) {
      const directory = await mkdtemp(join(tmpdir(), "ipr-answer-"));
      try {
        await writeAnswer(directory, answer);
        return toJudgement(await run(options, { directory, input: answer.text, signal }));
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

async function writeAnswer(directory: string, { prompt, text }: JudgedAnswer): Promise<void> {
  await Promise.all([
    writeFile(join(directory, "answer.txt"), text),
    writeFile(join(directory, "prompt.txt"), conversationText(prompt)),
    writeFile(join(directory, "reference.txt"), prompt.references.join("\n")),
  ]);
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was ended from here. */
  readonly stopped: "too slow" | "too loud" | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  { command, sandbox = [], timeoutMs, environment }: CommandJudgeOptions,
  given: { readonly directory: string; readonly input: string; readonly signal: AbortSignal },
): Promise<Ended> {
  const { directory, input, signal } = given;
  const [file, ...args] = [
    ...sandbox.map((word) => word.replaceAll("{dir}", directory)),
    "/bin/sh",
    "-c",
    command,
  ];
  // A group of its own, so that what the command started ends with it.
  const child = spawn(file, args, { env: { ...environment, IPR_ANSWER_DIR: directory }, detached: true });
  const output = { stdout: "", stderr: "" };
  let stopped: Ended["stopped"];
  const end = (why: Ended["stopped"]) => {
    stopped ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end("too slow"), timeoutMs);
  const leave = () => killGroup(child.pid);
  signal.addEventListener("abort", leave, { once: true });
  let size = 0;
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) end("too loud");
      else output[name] += chunk.toString("utf8");
    });
  }
  // A command need not read its input.
  child.stdin.on("error", () => undefined).end(input);
  try {
    const exit = await new Promise<Pick<Ended, "code" | "signal">>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    signal.throwIfAborted();
    return { ...exit, stopped, ...output };
  } catch (error) {
    signal.throwIfAborted();
    throw new NotJudged(`the command could not be started: ${(error as Error).message}`, { isPassing: true });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    killGroup(child.pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

function toJudgement({ code, signal, stopped, stdout, stderr }: Ended): Judgement {
  if (stopped === "too slow") return { raw: 0, note: "not passed: it did not end in time" };
  if (stopped === "too loud") return { raw: 0, note: `not passed: it printed over ${maxOutputBytes} bytes` };
  const note = (stdout.trim() === "" ? stderr : stdout).trim().slice(-keptNoteCharacters).toWellFormed();
  if (code === 0) return { raw: statedScore(stdout) ?? 1, note };
  if (code === 1) return { raw: 0, note };
  const how =
    code === null
      ? `was ended by ${signal}`
      : `ended with code ${code}, which is neither pass (0) nor fail (1)`;
  throw new NotJudged(`the command ${how}: ${note}`, { isPassing: true });
}

function statedScore(stdout: string): number | undefined {
  const score = Number(/(?:^|\n)score:\s*(\d+(?:\.\d+)?)\s*$/.exec(stdout)?.[1] ?? Number.NaN);
  return score >= 0 && score <= 1 ? score : undefined;
}
