export interface ManualClock {
  /** Milliseconds since the epoch, like Date.now. */
  readonly now: () => number;
  readonly advance: (ms: number) => void;
}

/** A clock that moves only when told to. */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let current = startMs;
  return {
    now: () => current,
    advance(ms) {
      current += ms;
    },
  };
}
