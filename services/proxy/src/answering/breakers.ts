import { admit, type Breaker, type CallEnd, closedBreaker, settle } from "../domain/breaker.ts";
import type { Target } from "./provider.ts";

/** Endpoints remembered at once: all that a registry can hold (1,024 candidates of 16). The oldest is forgotten first. */
const maxEndpoints = 16_384;

export interface EndpointState {
  readonly breaker: Breaker;
  readonly attempts: number;
  readonly failures: number;
}

const fresh: EndpointState = { breaker: closedBreaker, attempts: 0, failures: 0 };

/** The circuit breaker and the counts of every endpoint, since this process started. */
export class Breakers {
  readonly #states = new Map<string, EndpointState>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  stateOf(target: Target): EndpointState {
    return this.#states.get(keyOf(target)) ?? fresh;
  }

  /** Whether the endpoint may be called now. A yes must be followed by `settle`. */
  admit(target: Target): boolean {
    const state = this.stateOf(target);
    const { admitted, breaker } = admit(state.breaker, this.#now());
    this.#set(target, { ...state, breaker, attempts: state.attempts + (admitted ? 1 : 0) });
    return admitted;
  }

  /** Records how an admitted call ended; true when that opened the breaker. */
  settle(target: Target, end: CallEnd): boolean {
    const state = this.stateOf(target);
    const breaker = settle(state.breaker, end, this.#now());
    this.#set(target, { ...state, breaker, failures: state.failures + (end === "failed" ? 1 : 0) });
    return breaker.state === "open" && end === "failed" && state.breaker.state !== "open";
  }

  /** How long until the endpoint may be called; 0 when it may be now. */
  waitMs(target: Target): number {
    const { breaker } = this.stateOf(target);
    return breaker.state === "open" ? Math.max(0, breaker.untilMs - this.#now()) : 0;
  }

  #set(target: Target, state: EndpointState): void {
    const key = keyOf(target);
    if (!this.#states.has(key) && this.#states.size >= maxEndpoints) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    this.#states.set(key, state);
  }
}

/** An endpoint that is pointed elsewhere is another endpoint. */
function keyOf({ candidate, endpoint }: Target): string {
  return `${candidate.name}\n${endpoint.name}\n${endpoint.baseUrl}`;
}
