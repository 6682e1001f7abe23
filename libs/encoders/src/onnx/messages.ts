import type { IprError } from "@ipr/errors";
import type { OnnxEncoderManifest } from "@ipr/estimator";
import type { ExecutionProvider } from "@ipr/onnx";

/** What a worker is started with. */
export interface WorkerStart {
  readonly dir: string;
  readonly manifest: OnnxEncoderManifest;
  readonly provider: ExecutionProvider;
  readonly intraOpThreads: number;
}

/** One batch, to the worker, which has one at a time. */
export interface EncodeMessage {
  readonly texts: readonly string[];
}

/** An error on its way out of a worker: errors of our own would arrive there without their reason. */
export interface SentError {
  readonly code: number;
  readonly reason: IprError["reason"];
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** From the worker. Vectors lie one after the other. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly error: SentError }
  | { readonly kind: "encoded"; readonly vectors: Float32Array }
  | { readonly kind: "failed"; readonly error: SentError };
