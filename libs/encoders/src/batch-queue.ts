import { IprError, status } from "@ipr/errors";

/** Something that encodes one batch at a time: a worker, or a connection. */
export interface Lane {
  /** False while it cannot take a batch: it is busy elsewhere, restarting, or given up. */
  isReady(): boolean;
  /** Encodes the texts, in order. `signal` aborts when nobody waits for any of them any more. */
  run(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
}

export interface BatchQueueOptions {
  /** The most texts of one batch. */
  readonly maxBatch: number;
  /** How long a text may wait for batch mates while a lane is free, in milliseconds. */
  readonly maxWaitMs: number;
  /** The most texts that may wait; one more is refused. */
  readonly maxPending: number;
  readonly onBatch?: (batch: BatchFacts) => void;
}

export interface BatchFacts {
  readonly texts: number;
  /** How long the oldest text of the batch had waited. */
  readonly waitMs: number;
  /** How long the lane took. */
  readonly runMs: number;
}

/** After how long a refused caller should try again: a batch has ended by then. */
const retryAfterMs = 100;

interface Waiting {
  readonly text: string;
  readonly signal: AbortSignal | undefined;
  readonly sinceMs: number;
  resolve(vector: Float32Array): void;
  reject(error: unknown): void;
}

/**
 * Texts wait here, oldest first, for a free lane, and leave it in batches. Whoever has left the queue is not encoded. Call
 * `wake` when a lane has become ready by itself.
 */
export class BatchQueue {
  readonly #lanes: readonly Lane[];
  readonly #options: BatchQueueOptions;
  readonly #busy = new Set<Lane>();
  readonly #waiting = new Set<Waiting>();
  #failure: IprError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(lanes: readonly Lane[], options: BatchQueueOptions) {
    this.#lanes = lanes;
    this.#options = options;
  }

  /** Texts that wait, not counting those being encoded. */
  get depth(): number {
    return this.#waiting.size;
  }

  push(text: string, signal?: AbortSignal): Promise<Float32Array> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#failure) return Promise.reject(this.#failure);
    const { maxPending } = this.#options;
    if (this.#waiting.size >= maxPending) return Promise.reject(overloaded(maxPending));
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const call: Waiting = { text, signal, sinceMs: performance.now(), resolve, reject };
    this.#waiting.add(call);
    const onAbort = () => {
      this.#waiting.delete(call);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.wake();
    return promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Gives every free lane a batch that is due. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const lane of this.#lanes) {
      if (this.#busy.has(lane) || !lane.isReady()) continue;
      const [oldest] = this.#waiting;
      if (oldest === undefined) return;
      const { maxBatch, maxWaitMs } = this.#options;
      const remainingMs = maxWaitMs - (performance.now() - oldest.sinceMs);
      if (this.#waiting.size < maxBatch && remainingMs > 0) {
        this.#timer = setTimeout(() => this.wake(), Math.ceil(remainingMs));
        return;
      }
      void this.#run(lane, this.#take(maxBatch));
    }
  }

  /** Fails what waits and whatever comes later. */
  fail(error: IprError): void {
    this.#failure = error;
    clearTimeout(this.#timer);
    for (const call of this.#waiting) call.reject(error);
    this.#waiting.clear();
  }

  #take(count: number): Waiting[] {
    const batch = [...this.#waiting.values().take(count)];
    for (const call of batch) this.#waiting.delete(call);
    return batch;
  }

  async #run(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    this.#busy.add(lane);
    const startedAtMs = performance.now();
    const everybodyLeft = new AbortController();
    let left = 0;
    const onAbort = () => {
      left += 1;
      if (left === batch.length) everybodyLeft.abort();
    };
    for (const { signal } of batch) signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const texts = batch.map(({ text }) => text);
      const vectors = await lane.run(texts, everybodyLeft.signal);
      batch.forEach((call, at) => call.resolve(vectors[at]!));
      this.#options.onBatch?.({
        texts: batch.length,
        waitMs: startedAtMs - batch[0]!.sinceMs,
        runMs: performance.now() - startedAtMs,
      });
    } catch (error) {
      for (const call of batch) call.reject(error);
    } finally {
      for (const { signal } of batch) signal?.removeEventListener("abort", onAbort);
      this.#busy.delete(lane);
      this.wake();
    }
  }
}

function overloaded(limit: number): IprError {
  return new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", `${limit} texts wait to be encoded already`, {
    metadata: { queue: "encode", limit: String(limit) },
    retryAfterMs,
  });
}
