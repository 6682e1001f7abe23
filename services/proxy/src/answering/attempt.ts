import { type Span, SpanKind } from "@opentelemetry/api";
import { failSpan, withSpan } from "@ipr/telemetry";
import { type AttemptRecord, meaningOfStatus } from "../domain/attempt.ts";
import type { TokenUsage } from "../domain/usage.ts";
import type { Provider, UpstreamRequest, UpstreamResponse } from "./provider.ts";
import { type Completion, parseCompletion, readBody } from "./read-completion.ts";
import { relayStream, type StreamSink, type StreamTail } from "./relay-stream.ts";
import type { Timeouts } from "./timeouts.ts";
import { toFault, UpstreamFault } from "./upstream-fault.ts";
import { Watchdog } from "./watchdog.ts";

/** How long the upstream may take to close its answer after `[DONE]`; past it the connection is dropped. */
const afterDoneMs = 1_000;

/** How one upstream call ended. */
export type AttemptEnd =
  /** With an answer: all of a completion, or a stream of which only the tail is not yet with the caller. */
  | { readonly kind: "completion"; readonly completion: Completion; readonly requestId: string | undefined }
  | { readonly kind: "stream"; readonly tail: StreamTail }
  /** The upstream found fault with the caller's request: its words go to the caller. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The upstream failed and the caller has nothing of it: another may try. */
  | { readonly kind: "failed"; readonly retryAfterMs: number | undefined }
  /** The upstream failed and the caller has a part of its answer. */
  | { readonly kind: "broken" }
  /** The caller left. */
  | { readonly kind: "left" };

/** A 4xx as the upstream gave it. */
export interface Refusal {
  readonly httpStatus: number;
  readonly mediaType: string;
  readonly requestId: string | undefined;
  readonly body: Buffer;
}

export interface AttemptOptions {
  readonly provider: Provider;
  readonly request: UpstreamRequest;
  /** Where a stream goes; undefined when the answer is not streamed. */
  readonly sink: StreamSink | undefined;
  readonly choices: number;
  readonly timeouts: Timeouts;
  /** Aborts when the caller leaves. */
  readonly caller: AbortSignal;
  /** Aborts when the whole request must end, also because the caller left. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Calls one target once. Never rejects for a fault of the upstream's. */
export async function attempt(options: AttemptOptions): Promise<{ record: AttemptRecord; end: AttemptEnd }> {
  const { candidate, endpoint } = options.request.target;
  const attributes = { "gen_ai.request.model": candidate.name, "ipr.endpoint": endpoint.name };
  return withSpan(`chat ${candidate.name}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const call = new Call(options);
    const end = await call.run();
    const record = call.record();
    describe(span, record);
    return { record, end };
  });
}

function describe(span: Span, { httpStatus, usage, error }: AttemptRecord): void {
  if (httpStatus > 0) span.setAttribute("http.response.status_code", httpStatus);
  if (usage) {
    span.setAttribute("gen_ai.usage.input_tokens", usage.inputTokens);
    span.setAttribute("gen_ai.usage.output_tokens", usage.outputTokens);
  }
  if (error !== "") failSpan(span, error);
}

/** One call and what was seen of it. */
class Call {
  readonly #options: AttemptOptions;
  readonly #watchdog: Watchdog;
  readonly #startedAt: number;
  #response: UpstreamResponse | undefined;
  #firstByteMs: number | undefined;
  #usage: TokenUsage | undefined;
  #error = "";
  #hasBegun = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.signal);
    this.#startedAt = options.now();
  }

  async run(): Promise<AttemptEnd> {
    let rest: AsyncIterator<Uint8Array> | undefined;
    try {
      const end = await this.#answer();
      if (end.kind === "stream") rest = end.tail.rest;
      return end;
    } catch (error) {
      return this.#failure(error);
    } finally {
      if (rest) void readOut(rest, this.#watchdog);
      else this.#watchdog[Symbol.dispose]();
    }
  }

  record(): AttemptRecord {
    const { candidate, endpoint } = this.#options.request.target;
    return {
      candidate: candidate.name,
      endpoint: endpoint.name,
      httpStatus: this.#response?.httpStatus ?? 0,
      error: this.#error,
      firstByteMs: this.#firstByteMs,
      durationMs: this.#elapsedMs(),
      usage: this.#usage,
    };
  }

  async #answer(): Promise<AttemptEnd> {
    const { provider, request, sink, timeouts } = this.#options;
    const watchdog = this.#watchdog;
    watchdog.expect("first byte", sink ? timeouts.firstByteMs : timeouts.completionMs);
    const response = await provider.send(request, watchdog.signal);
    this.#response = response;
    const meaning = meaningOfStatus(response.httpStatus);
    if (meaning === "caller") return this.#refusal(response);
    if (meaning === "answer") return sink ? this.#stream(response, sink) : this.#completion(response);
    response.discard();
    throw new UpstreamFault(`HTTP ${response.httpStatus}`);
  }

  async #completion(response: UpstreamResponse): Promise<AttemptEnd> {
    const completion = parseCompletion(await this.#read(response));
    this.#usage = completion.usage;
    return { kind: "completion", completion, requestId: response.requestId };
  }

  async #stream(response: UpstreamResponse, sink: StreamSink): Promise<AttemptEnd> {
    const tail = await relayStream({
      response,
      choices: this.#options.choices,
      sink: {
        begin: () => {
          this.#hasBegun = true;
          this.#onFirstByte();
          sink.begin();
        },
        write: (bytes) => sink.write(bytes),
      },
      watchdog: this.#watchdog,
      idleMs: this.#options.timeouts.idleMs,
      onUsage: (usage) => {
        this.#usage = usage;
      },
    });
    return { kind: "stream", tail };
  }

  async #refusal(response: UpstreamResponse): Promise<AttemptEnd> {
    const { httpStatus, mediaType, requestId } = response;
    const body = await this.#read(response);
    this.#error = `refused: HTTP ${httpStatus}`;
    return { kind: "refused", refusal: { httpStatus, mediaType, requestId, body } };
  }

  #failure(error: unknown): AttemptEnd {
    const { caller, signal } = this.#options;
    if (caller.aborted) {
      this.#error = "the caller left";
      return { kind: "left" };
    }
    const fault = signal.aborted ? new UpstreamFault("the whole request took too long") : toFault(error);
    this.#error = fault.message;
    return this.#hasBegun
      ? { kind: "broken" }
      : { kind: "failed", retryAfterMs: this.#response?.retryAfterMs };
  }

  #read(response: UpstreamResponse): Promise<Buffer> {
    return readBody(response, {
      watchdog: this.#watchdog,
      idleMs: this.#options.timeouts.idleMs,
      onFirstByte: () => this.#onFirstByte(),
    });
  }

  #onFirstByte(): void {
    this.#firstByteMs = this.#elapsedMs();
  }

  #elapsedMs(): number {
    return this.#options.now() - this.#startedAt;
  }
}

/** Reads what follows `[DONE]`, so that the connection can serve the next request. The caller does not wait for it. */
async function readOut(chunks: AsyncIterator<Uint8Array>, watchdog: Watchdog): Promise<void> {
  watchdog.expect("end of the answer after [DONE]", afterDoneMs);
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The answer is complete; how its connection ends is nobody's concern.
  } finally {
    watchdog[Symbol.dispose]();
  }
}
