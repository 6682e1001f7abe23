import { pause } from "./pause.ts";

/** Calls to one model, in step with what its provider takes. */
export class ModelGate {
  readonly #maxCalls: number;
  readonly #now: () => number;
  #allowed: number;
  #running = 0;
  #pausedUntil = 0;
  #failuresInARow = 0;
  #freed = Promise.withResolvers<void>();

  constructor(options: { readonly maxCalls: number; readonly now: () => number }) {
    this.#maxCalls = options.maxCalls;
    this.#allowed = options.maxCalls;
    this.#now = options.now;
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** Runs a call once there is room for it and no pause. */
  async run<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await call();
    } finally {
      this.#running--;
      this.#wake();
    }
  }

  /** The provider took a call: it may get one more at once, some time after it was too much. */
  succeeded(): void {
    this.#failuresInARow = 0;
    this.#allowed = Math.min(this.#maxCalls, this.#allowed + 1 / this.#allowed);
  }

  failed(): void {
    this.#failuresInARow++;
  }

  /**
   * The provider asked for less: half as many calls at once, and none before this long. Calls that were on their way
   * together and are all refused are one sign, not many.
   */
  slowDown(pauseMs: number): void {
    if (this.#pausedUntil <= this.#now()) this.#allowed = Math.max(1, this.#allowed / 2);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + pauseMs);
  }

  async #enter(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const pauseMs = this.#pausedUntil - this.#now();
      if (pauseMs > 0) await pause(pauseMs, signal);
      else if (this.#running < Math.floor(this.#allowed)) break;
      else await this.#freed.promise;
    }
    this.#running++;
  }

  #wake(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }
}
