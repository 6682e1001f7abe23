import type { DescMethod, Message } from "@bufbuild/protobuf";
import { SpanKind } from "@opentelemetry/api";
import { IprError, status, toStatus } from "@ipr/errors";
import type { Status } from "@ipr/proto";
import { contextOf, withSpan } from "@ipr/telemetry";
import { abortable, startDeadline } from "./deadline.ts";
import { methodPath } from "./definition.ts";
import type { CallContext } from "./types.ts";
import { toIprError, type UnexpectedErrorSink } from "./unexpected.ts";
import { validate } from "./validation.ts";

/** Calls of one stream that are worked on at once; the rest waits in HTTP/2's flow control, at the caller. */
const maxConcurrentCalls = 256;

/** The shape of every multiplexed request in the contract. */
export interface MultiplexedRequest<Request> {
  readonly id: bigint;
  readonly timeoutMs: number;
  readonly traceparent: string;
  readonly request?: Request | undefined;
}

/** The shape of every multiplexed response in the contract. */
export interface MultiplexedResponse<Response> {
  readonly id: bigint;
  readonly result:
    | { readonly case: "response"; readonly value: Response }
    | { readonly case: "error"; readonly value: Status };
}

/**
 * Makes the handler of a multiplexed stream from that of its unary twin, `method`. Answers leave as they come; a request
 * that breaks the contract fails alone.
 */
export function multiplexed<Request extends Message, Response>(
  method: DescMethod,
  handler: (request: Request, context: CallContext) => Promise<Response>,
  onUnexpected: UnexpectedErrorSink,
) {
  return async function* (
    requests: AsyncIterable<MultiplexedRequest<Request>>,
    stream: CallContext,
  ): AsyncIterable<MultiplexedResponse<Response>> {
    const answers = new AnswerQueue<MultiplexedResponse<Response>>();
    const reading = (async () => {
      for await (const call of requests) {
        if (answers.open >= maxConcurrentCalls) await answers.oneTaken();
        // What comes from now on is not taken: the caller sends it again on its next stream.
        if (stream.draining?.aborted) return;
        answers.add(answer(method, handler, call, stream, onUnexpected));
      }
    })();
    reading.then(
      () => answers.finish(),
      (error: unknown) => answers.finish(error),
    );
    // The caller opens another stream, to a server that stays; what it had asked here is answered first.
    const onDrain = () => answers.finish();
    if (stream.draining?.aborted) onDrain();
    else stream.draining?.addEventListener("abort", onDrain, { once: true });
    try {
      yield* answers;
    } finally {
      stream.draining?.removeEventListener("abort", onDrain);
    }
  };
}

async function answer<Request extends Message, Response>(
  method: DescMethod,
  handler: (request: Request, context: CallContext) => Promise<Response>,
  call: MultiplexedRequest<Request>,
  stream: CallContext,
  onUnexpected: UnexpectedErrorSink,
): Promise<MultiplexedResponse<Response>> {
  const path = methodPath(method);
  const parent = contextOf(call.traceparent);
  try {
    const value = await withSpan(path, { kind: SpanKind.SERVER, parent }, async () => {
      using deadline = startDeadline(path, call.timeoutMs, stream.signal);
      const { request } = call;
      if (request === undefined)
        throw new IprError(status.INVALID_ARGUMENT, "INVALID_FIELD", "request: is required");
      validate(method.input, request);
      return await abortable(handler(request, deadline), deadline.signal);
    });
    return { id: call.id, result: { case: "response", value } };
  } catch (error) {
    const iprError = toIprError(error, path, onUnexpected);
    return { id: call.id, result: { case: "error", value: toStatus(iprError) } };
  }
}

/** Promises in, values out in the order they settle. */
class AnswerQueue<T> {
  open = 0;
  readonly #settled: T[] = [];
  #finished = false;
  #failure: unknown;
  #wakeReader = () => {};
  #wakeWriter = () => {};

  add(promise: Promise<T>): void {
    this.open += 1;
    void promise.then((value) => {
      this.#settled.push(value);
      this.#wakeReader();
    });
  }

  finish(failure?: unknown): void {
    this.#finished = true;
    this.#failure = failure;
    this.#wakeReader();
  }

  oneTaken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    while (true) {
      const value = this.#settled.shift();
      if (value !== undefined) {
        this.open -= 1;
        this.#wakeWriter();
        yield value;
      } else if (this.#failure !== undefined) {
        throw this.#failure as Error;
      } else if (this.#finished && this.open === 0) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    }
  }
}
