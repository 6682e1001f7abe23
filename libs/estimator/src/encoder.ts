/** Turns a text into a vector. The same text gives the same vector, whatever was encoded before. */
export interface Encoder {
  /** `<reference>@sha256:<digest>` (see `encoderId`): a bundle is only good for the encoder it was trained with. */
  readonly id: string;
  readonly dimension: number;
  /** How many tokens of a text it reads. */
  readonly maxTokens: number;
  /** How many calls are worth having open at once: more only wait. 1 when undefined. */
  readonly parallelism?: number;
  /**
   * A vector of unit length, or all zero for a text without a known token. A call whose signal is aborted rejects with the
   * signal's reason, and is not computed when it was still waiting.
   */
  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
}

export interface EncodeOptions {
  readonly signal?: AbortSignal;
}
