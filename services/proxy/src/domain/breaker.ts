/** A run of failures this long opens the breaker. */
const openAfterFailures = 5;
/** How long an open breaker refuses before it lets one call probe. */
const coolDownMs = 10_000;

/**
 * A circuit breaker of one endpoint, as a value. Closed lets calls through and counts failures in a row; open refuses
 * until the cool-down ends; half-open has one probe out and refuses the rest.
 */
export type Breaker =
  | { readonly state: "closed"; readonly failures: number }
  | { readonly state: "open"; readonly untilMs: number }
  | { readonly state: "half-open" };

export const closedBreaker: Breaker = { state: "closed", failures: 0 };

/** How a call that was let through ended. `left` says nothing about the endpoint: the caller went away first. */
export type CallEnd = "succeeded" | "failed" | "left";

export interface Admission {
  readonly admitted: boolean;
  readonly breaker: Breaker;
}

/** Whether a call may start now. An open breaker whose cool-down has ended turns half-open and admits one probe. */
export function admit(breaker: Breaker, nowMs: number): Admission {
  switch (breaker.state) {
    case "closed":
      return { admitted: true, breaker };
    case "open":
      return nowMs < breaker.untilMs
        ? { admitted: false, breaker }
        : { admitted: true, breaker: { state: "half-open" } };
    case "half-open":
      return { admitted: false, breaker };
    default:
      return breaker satisfies never;
  }
}

/** The breaker after a call that it admitted has ended. */
export function settle(breaker: Breaker, end: CallEnd, nowMs: number): Breaker {
  switch (end) {
    case "succeeded":
      return closedBreaker;
    case "left":
      // A probe that was abandoned proved nothing: the next call probes again.
      return breaker.state === "half-open" ? { state: "open", untilMs: nowMs } : breaker;
    case "failed": {
      if (breaker.state === "open") return breaker;
      const failures = breaker.state === "closed" ? breaker.failures + 1 : openAfterFailures;
      return failures >= openAfterFailures
        ? { state: "open", untilMs: nowMs + coolDownMs }
        : { state: "closed", failures };
    }
    default:
      return end satisfies never;
  }
}
