/** Runs at most `limit` tasks at once; `start` waits for a free place, so tasks begin in the order they are given. */
export function createInFlight(limit: number): {
  start(task: () => Promise<void>): Promise<void>;
  settled(): Promise<void>;
} {
  const running = new Set<Promise<void>>();
  return {
    async start(task) {
      while (running.size >= limit) await Promise.race(running);
      const promise = task().finally(() => running.delete(promise));
      running.add(promise);
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}
