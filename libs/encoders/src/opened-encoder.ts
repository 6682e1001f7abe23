import type { Encoder, EncoderManifest } from "@ipr/estimator";
import type { ExecutionProvider } from "@ipr/onnx";
import type { BatchFacts } from "./batch-queue.ts";

/** An encoder of any kind, open. Dispose it: it may hold threads or connections. */
export interface OpenedEncoder extends Encoder, AsyncDisposable {
  readonly kind: EncoderManifest["kind"];
  readonly parallelism: number;
  /** What really computes: the execution provider of an ONNX encoder, `cpu` for a static one, the address of a remote one. */
  readonly computesOn: string;
  /** Texts that wait to be encoded, not counting those being encoded. */
  queueDepth(): number;
  /** True when it will never encode again: its worker threads ended too often. */
  isBroken(): boolean;
}

/** What happens inside an encoder that its owner may want to log and count. */
export interface EncoderObserver {
  batchEncoded?(batch: BatchFacts): void;
  /** A worker ended by itself. It is started again while `restartsLeft` is above 0. */
  workerCrashed?(crash: { readonly error: unknown; readonly restartsLeft: number }): void;
}

export interface OpenOptions {
  /** Threads that encode, of an ONNX encoder; each holds the model. */
  readonly workers?: number;
  /** Threads inside one run of the graph. More workers give more throughput, more of these a shorter single run. */
  readonly intraOpThreads?: number;
  /** What computes an ONNX graph; opening fails when it does not. */
  readonly provider?: ExecutionProvider;
  /** The most texts of one batch. An int8 graph on a CPU always has batches of 1. */
  readonly maxBatch?: number;
  /** How long a text waits for batch mates, in milliseconds. */
  readonly maxWaitMs?: number;
  /** The most texts that wait; one more is refused with OVERLOADED. */
  readonly maxPending?: number;
  /** Where the API key of a remote encoder is looked up. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly observer?: EncoderObserver;
}

/** What is not said when opening. */
export const defaults = {
  workers: 1,
  intraOpThreads: 1,
  provider: "cpu",
  maxBatch: 16,
  maxWaitMs: 0,
  maxPending: 256,
} as const satisfies OpenOptions;
