import { type Child, startChild } from "./child.ts";

export interface ProcessOptions {
  /** Settings of the process. Of this process's own environment it gets all but `IPR_*`, `OTEL_*` and `NODE_*`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it prints when it serves; its groups are in `ready`. */
  readonly readyPattern: RegExp;
  readonly readyTimeoutMs?: number;
}

export interface RunningProcess extends Omit<Child, "waitForOutput">, AsyncDisposable {
  readonly ready: RegExpExecArray;
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

const patienceMs = 60_000;

/** Runs a script of ours with this Node and waits until it serves. Disposing it kills it. */
export async function startProcess(
  script: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<RunningProcess> {
  const child = await startChild(process.execPath, [script, ...args], {
    env: { ...inheritedEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  try {
    const ready = await child.waitForOutput(options.readyPattern, options.readyTimeoutMs ?? patienceMs);
    return {
      ...child,
      ready,
      waitForOutput: (pattern, timeoutMs = patienceMs) => child.waitForOutput(pattern, timeoutMs),
      async [Symbol.asyncDispose]() {
        await child.kill();
      },
    };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(IPR|OTEL|NODE)_/.test(name));
  return Object.fromEntries(own);
}
