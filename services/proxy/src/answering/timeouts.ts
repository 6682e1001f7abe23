/** How long each part of an answer may take, in milliseconds. */
export interface Timeouts {
  /** The first event of a stream. */
  readonly firstByteMs: number;
  /** The first byte of an answer that is not streamed: the upstream sends none until it has the whole. */
  readonly completionMs: number;
  /** Between two chunks of an answer. */
  readonly idleMs: number;
  /** The whole request: the decision, all attempts, the end of the stream. */
  readonly totalMs: number;
}
