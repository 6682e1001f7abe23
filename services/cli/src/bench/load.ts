import type { Measured } from "./summary.ts";

export interface LoadOptions {
  /** Makes the n-th call. */
  readonly call: (n: number) => Promise<unknown>;
  readonly warmUpCalls: number;
  readonly seconds: number;
  /** CPU time the measured process has used so far, in microseconds. */
  readonly cpuUs: () => number | undefined;
}

/** Calls open at once in an open loop; beyond it the measured thing is overloaded and arrivals are dropped as failures. */
const maxOpenCalls = 1_000;

/** One call after the other; or `atOnce` callers, each of which does so. */
export async function closedLoop(options: LoadOptions & { readonly atOnce?: number }): Promise<Measured> {
  const { atOnce = 1 } = options;
  for (let n = 0; n < options.warmUpCalls; n++) await options.call(n).catch(() => undefined);
  return measure(options, async (timed, endsAtMs) => {
    let next = 0;
    const caller = async () => {
      while (performance.now() < endsAtMs) await timed(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
  });
}

/**
 * Calls at random times, `ratePerSecond` on average, whether or not earlier ones have ended: what users do. Gaps are
 * exponential; `random` draws them, in (0, 1].
 */
export async function openLoop(
  options: LoadOptions & { ratePerSecond: number; random: () => number },
): Promise<Measured> {
  for (let n = 0; n < options.warmUpCalls; n++) await options.call(n).catch(() => undefined);
  return measure(options, async (timed, endsAtMs) => {
    const open = new Set<Promise<void>>();
    let dueAtMs = performance.now();
    for (let n = 0; dueAtMs < endsAtMs; n++) {
      dueAtMs += (-Math.log(options.random()) * 1000) / options.ratePerSecond;
      const waitMs = dueAtMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (open.size >= maxOpenCalls) continue;
      const call: Promise<void> = timed(n).finally(() => open.delete(call));
      open.add(call);
    }
    await Promise.all(open);
  });
}

async function measure(
  { call, seconds, cpuUs }: LoadOptions,
  run: (timed: (n: number) => Promise<void>, endsAtMs: number) => Promise<void>,
): Promise<Measured> {
  const latenciesMs: number[] = [];
  let failures = 0;
  const timed = async (n: number) => {
    const startedAtMs = performance.now();
    try {
      await call(n);
      latenciesMs.push(performance.now() - startedAtMs);
    } catch {
      failures += 1;
    }
  };
  const cpuBeforeUs = cpuUs();
  const startedAtMs = performance.now();
  await run(timed, startedAtMs + seconds * 1000);
  const cpuAfterUs = cpuUs();
  const used = cpuBeforeUs === undefined || cpuAfterUs === undefined ? undefined : cpuAfterUs - cpuBeforeUs;
  return { latenciesMs, failures, seconds: (performance.now() - startedAtMs) / 1000, cpuUs: used };
}
