import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const keptOutputCharacters = 20_000;
const stopGraceMs = 15_000;

/** A child process whose output is kept for the failure message and that never outlives this process. */
export interface Child {
  readonly pid: number;
  /** The end of what it printed, standard output and error together. */
  output(): string;
  /** Resolves with the match once the output has it; rejects, with the output, when the child ends or time runs out. */
  waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  readonly exited: Promise<Exit>;
  /** SIGTERM, then SIGKILL if it does not go. */
  stop(): Promise<Exit>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<Exit>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export async function startChild(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Child> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-keptOutputCharacters);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const exited = new Promise<Exit>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const reap = (): void => void child.kill("SIGKILL");
  process.once("exit", reap);
  void exited.then(() => process.off("exit", reap));
  await once(child, "spawn");

  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    waitForOutput: (pattern, timeoutMs) =>
      waitForOutput({ child, exited, pattern, timeoutMs, command, output: () => output }),
    kill() {
      child.kill("SIGKILL");
      return exited;
    },
    async stop() {
      child.kill("SIGTERM");
      const force = setTimeout(reap, stopGraceMs);
      const exit = await exited;
      clearTimeout(force);
      return exit;
    },
  };
}

interface Waiting {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly pattern: RegExp;
  readonly timeoutMs: number;
  readonly command: string;
  readonly output: () => string;
}

async function waitForOutput(waiting: Waiting): Promise<RegExpExecArray> {
  const { child, exited, pattern, timeoutMs, command, output } = waiting;
  const settled = Promise.withResolvers<RegExpExecArray>();
  const look = (): void => {
    const match = pattern.exec(output());
    if (match) settled.resolve(match);
  };
  const fail = (why: string): void =>
    settled.reject(new Error(`${command} ${why} before it printed ${String(pattern)}:\n${output()}`));
  const timer = setTimeout(() => fail(`took more than ${timeoutMs} ms`), timeoutMs);
  child.stdout?.on("data", look);
  child.stderr?.on("data", look);
  void exited.then(({ code, signal }) => fail(`ended (${signal ?? code})`));
  look();
  try {
    return await settled.promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.off("data", look);
    child.stderr?.off("data", look);
  }
}
