import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

/** Fetching and compiling on a slow machine; past it something hangs. */
const commandTimeoutMs = 300_000;
const maxOutputBytes = 16 * 1024 * 1024;
const quotedOutputCharacters = 400;

/** Runs a program and returns what it printed; a failure is one line with the end of what it complained about. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const { stdout, stderr } = await execFileAsync(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      timeout: commandTimeoutMs,
      maxBuffer: maxOutputBytes,
    });
    return stdout === "" ? stderr : stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new Error(`${command} is not installed`, { cause: error });
    const said = (stderr ?? "").trim().replaceAll(/\s+/g, " ").slice(-quotedOutputCharacters);
    throw new Error(`${command} ${args[0] ?? ""} failed: ${said === "" ? String(error) : said}`, {
      cause: error,
    });
  }
}
