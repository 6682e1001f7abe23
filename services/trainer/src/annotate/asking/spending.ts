import { RunStopped } from "./run-stopped.ts";

/** Money set aside for one call, until it is known what the call cost. */
export interface Reservation {
  /** Replaces what was set aside by what is charged for good. */
  settle(chargedUsd: number): void;
}

/** Keeps what is spent, and what may still come of calls in progress, within a limit. */
export class Spending {
  readonly #maxUsd: number;
  #chargedUsd: number;
  #reservedUsd = 0;
  #isStopped = false;
  #changed = Promise.withResolvers<void>();

  constructor(options: { readonly maxUsd: number | undefined; readonly chargedUsd: number }) {
    this.#maxUsd = options.maxUsd ?? Number.POSITIVE_INFINITY;
    this.#chargedUsd = options.chargedUsd;
  }

  get chargedUsd(): number {
    return this.#chargedUsd;
  }

  /**
   * Sets money aside for a call, or waits while calls in progress may turn out cheaper than they might be.
   *
   * @throws RunStopped when the call could pass the limit; from then on, for every call.
   */
  async reserve(mostUsd: number): Promise<Reservation> {
    while (!this.#isStopped) {
      if (this.#chargedUsd + this.#reservedUsd + mostUsd <= this.#maxUsd) return this.#setAside(mostUsd);
      if (this.#reservedUsd === 0) this.#isStopped = true;
      else await this.#changed.promise;
    }
    this.#wake();
    throw new RunStopped(
      `stopped before a call that could pass the limit of ${this.#maxUsd} USD: ${this.#chargedUsd.toFixed(6)} USD are spent and the call may cost ${mostUsd.toFixed(6)}; run the same command again with a higher --max-usd to go on`,
    );
  }

  #setAside(usd: number): Reservation {
    this.#reservedUsd += usd;
    return {
      settle: (chargedUsd) => {
        this.#reservedUsd -= usd;
        // Rounding must not leave a trace of money that nobody holds.
        if (this.#reservedUsd < Number.EPSILON) this.#reservedUsd = 0;
        this.#chargedUsd += chargedUsd;
        this.#wake();
      },
    };
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
