import type { Candidate, Endpoint } from "@ipr/proto";

/** A place to send a prompt to. */
export interface Target {
  readonly candidate: Candidate;
  readonly endpoint: Endpoint;
}

/** A chat completion request as it goes to one target. */
export interface UpstreamRequest {
  readonly target: Target;
  /** The JSON to send: the caller's, with the target's model in it. */
  readonly text: string;
  /** The caller's body, parsed, for a provider that reads it. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface UpstreamResponse {
  readonly httpStatus: number;
  /** The media type alone, in lower case; empty when the upstream names none. */
  readonly mediaType: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** JSON, or server-sent events when a stream was asked for. Read once; leaving early drops the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of a body that nobody will read, keeping the connection when little is left. */
  discard(): void;
}

/** One way to reach model providers. All speak OpenAI's chat completions to us, whatever they speak upstream. */
export interface Provider {
  /**
   * Sends the request and resolves with the head of the answer, whatever its status. Aborting the signal ends the call
   * and the body at once.
   *
   * @throws UpstreamFault or an error of the transport's, which `toFault` knows.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse>;
  close(): Promise<void>;
}
