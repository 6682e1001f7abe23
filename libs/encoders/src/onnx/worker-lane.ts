import { Worker } from "node:worker_threads";
import { IprError, messageOf, status } from "@ipr/errors";
import { endThread } from "@ipr/onnx";
import type { Lane } from "../batch-queue.ts";
import type { EncodeMessage, SentError, WorkerMessage, WorkerStart } from "./messages.ts";

/** How often in a row a worker that ends by itself is started again; an encoded batch starts the count anew. */
export const maxRestarts = 5;
/** Pause before the first restart; each further one waits twice as long, up to the maximum. */
const firstRestartMs = 100;
const maxRestartMs = 5_000;

export interface WorkerLaneOptions {
  readonly start: WorkerStart;
  /** What the thread runs. */
  readonly script: URL;
  /** Called when it can take a batch again after a restart. */
  readonly onReady: () => void;
  readonly onCrash: (crash: { readonly error: unknown; readonly restartsLeft: number }) => void;
}

interface OpenBatch {
  resolve(vectors: Float32Array[]): void;
  reject(error: IprError): void;
}

/** One worker thread with a model of its own, started again when it ends by itself. */
export class WorkerLane implements Lane, AsyncDisposable {
  readonly #options: WorkerLaneOptions;
  #worker: Worker | undefined;
  #isReady = false;
  #isWanted = false;
  #crashes = 0;
  #batch: OpenBatch | undefined;
  #restartTimer: NodeJS.Timeout | undefined;

  private constructor(options: WorkerLaneOptions) {
    this.#options = options;
  }

  /** Starts the thread and waits until it has loaded the model. */
  static async start(options: WorkerLaneOptions): Promise<WorkerLane> {
    const lane = new WorkerLane(options);
    await lane.#launch();
    lane.#isWanted = true;
    return lane;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  /** True once it has used up its restarts. */
  get isGivenUp(): boolean {
    return this.#crashes > maxRestarts;
  }

  run(texts: readonly string[]): Promise<Float32Array[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array[]>();
    this.#batch = { resolve, reject };
    const message: EncodeMessage = { texts };
    this.#worker?.postMessage(message);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restartTimer);
    if (this.#worker) await endThread(this.#worker);
  }

  /** Resolves when the thread is ready; rejects when it refuses the encoder, or ends before. */
  #launch(): Promise<void> {
    const { script, start } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(script, { workerData: start });
    this.#worker = worker;
    let failure: unknown;
    worker.on("message", (message: WorkerMessage) => {
      switch (message.kind) {
        case "ready":
          this.#isReady = true;
          resolve();
          return;
        case "refused":
          failure = received(message.error);
          reject(failure);
          return;
        case "encoded":
          this.#crashes = 0;
          this.#takeBatch()?.resolve(split(message.vectors, start.manifest.dimension));
          return;
        case "failed":
          this.#takeBatch()?.reject(received(message.error));
      }
    });
    worker.on("error", (error: unknown) => {
      failure = error;
    });
    worker.on("exit", (code) => {
      const error = failure ?? new Error(`exit code ${code}`);
      this.#isReady = false;
      reject(crashed(error));
      this.#takeBatch()?.reject(crashed(error));
      if (this.#isWanted) this.#restart(error);
    });
    return promise;
  }

  #restart(error: unknown): void {
    this.#crashes += 1;
    const pauseMs = Math.min(maxRestartMs, firstRestartMs * 2 ** (this.#crashes - 1));
    if (!this.isGivenUp) {
      this.#restartTimer = setTimeout(() => {
        // A launch that fails ends its thread, whose exit comes back here.
        this.#launch().then(this.#options.onReady, () => {});
      }, pauseMs);
    }
    this.#options.onCrash({ error, restartsLeft: Math.max(0, maxRestarts + 1 - this.#crashes) });
  }

  #takeBatch(): OpenBatch | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    return batch;
  }
}

function split(vectors: Float32Array, dimension: number): Float32Array[] {
  const count = vectors.length / dimension;
  return Array.from({ length: count }, (_, row) => vectors.slice(row * dimension, (row + 1) * dimension));
}

function received({ code, reason, message, metadata }: SentError): IprError {
  return new IprError(code, reason, message, { metadata });
}

function crashed(error: unknown): IprError {
  const message = `the encoder's worker thread ended: ${messageOf(error)}`;
  return new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", message, {
    metadata: { neighbour: "encoder worker" },
    cause: error,
  });
}
