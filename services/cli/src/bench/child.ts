import { spawn } from "node:child_process";
import { once } from "node:events";

/** A process under measurement. */
export interface ChildProcess {
  readonly pid: number;
  readonly ready: RegExpExecArray;
  stop(): Promise<void>;
}

/** What is kept of a child's output for the message when it fails. */
const keptOutputCharacters = 4_000;

/** Starts a script with this Node and waits for the line that says it serves. */
export async function startChild(
  args: readonly string[],
  ready: RegExp,
  timeoutMs: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  let output = "";
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${args.join(" ")} ${what}; it printed:\n${output}`));
    const timer = setTimeout(() => fail(`was not ready within ${timeoutMs} ms`), timeoutMs);
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(-keptOutputCharacters);
      const match = ready.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => {
      clearTimeout(timer);
      fail("ended");
    });
  });
  try {
    return { pid: child.pid ?? 0, ready: await found, stop };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
