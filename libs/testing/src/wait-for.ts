import { setTimeout as delay } from "node:timers/promises";

const pollMs = 10;

export interface WaitOptions {
  /** Generous by default: a test never depends on speed. */
  readonly timeoutMs?: number;
  /** Completes "waited 30000 ms for ...". */
  readonly what: string;
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | "">;

/** Waits until the condition gives something truthy, and returns that. An error thrown by it counts as "not yet". */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, what }: WaitOptions,
): Promise<Truthy<T>> {
  const givesUpAt = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Truthy<T>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= givesUpAt) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${String(last)}`, { cause: last });
    }
    await delay(pollMs);
  }
}
