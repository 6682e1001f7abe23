/** Runs at most `limit` tasks at once; `start` waits for a free place, so tasks begin in the order they are given. */
export interface InFlight {
  /** Called by one caller, which awaits each call before the next. */
  start(task: () => Promise<void>): Promise<void>;
  settled(): Promise<void>;
}

export function createInFlight(limit: number): InFlight {
  const running = new Set<Promise<void>>();
  let freed = Promise.withResolvers<void>();
  return {
    async start(task) {
      while (running.size >= limit) await freed.promise;
      const promise = task().finally(() => {
        running.delete(promise);
        freed.resolve();
        freed = Promise.withResolvers();
      });
      running.add(promise);
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}
