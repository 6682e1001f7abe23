import { SpanKind } from "@opentelemetry/api";
import { fromStatus, IprError, messageOf, status } from "@ipr/errors";
import { activeTraceparent, withSpan } from "@ipr/telemetry";
import { abortReason, deadlineError } from "./deadline.ts";
import type { MultiplexedRequest, MultiplexedResponse } from "./multiplexed-handler.ts";
import type { CallOptions } from "./types.ts";

/** Calls open on one stream; one more is refused, so that a stalled neighbour cannot fill our memory. */
const maxOpenCalls = 1024;
const firstReconnectMs = 50;
const maxReconnectMs = 2_000;

/** Opens the stream: the bidirectional method of a `Client`. */
export type OpenStream<Request, Response> = (
  requests: AsyncIterable<MultiplexedRequest<Request>>,
  options: { signal: AbortSignal },
) => AsyncIterable<MultiplexedResponse<Response>>;

/** A function that makes each call on one long-lived stream, and a way to close it. */
export interface MultiplexedClient<Request, Response> {
  call(request: Request, options: CallOptions & { timeoutMs: number }): Promise<Response>;
  /** True while the stream is believed to be open. */
  isOpen(): boolean;
  close(): void;
}

interface OpenCall<Request, Response> {
  readonly message: MultiplexedRequest<Request>;
  /** A call is sent again once, when the stream it was on ended properly without an answer. */
  isResent: boolean;
  settle(outcome: MultiplexedResponse<Response>["result"]): void;
  fail(error: IprError): void;
}

/**
 * Carries unary calls over one stream, which costs a third of a unary hop. The stream is opened by the first call and
 * again, with growing pauses, after it broke; calls made meanwhile fail at once, so that the caller can degrade. A server
 * that drains ends the stream properly: then calls it left unanswered go on a new stream, so they must be repeatable.
 */
export function multiplex<Request, Response>(
  name: string,
  path: string,
  open: OpenStream<Request, Response>,
): MultiplexedClient<Request, Response> {
  const openCalls = new Map<bigint, OpenCall<Request, Response>>();
  let nextId = 1n;
  let closed = false;
  let stream: Outbox<MultiplexedRequest<Request>> | undefined;
  let retryAtMs = 0;
  let reconnectMs = firstReconnectMs;

  const down = (cause: unknown) =>
    new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", `${name} did not answer: ${messageOf(cause)}`, {
      metadata: { neighbour: name },
      cause,
    });

  const start = () => {
    const outbox = new Outbox<MultiplexedRequest<Request>>();
    const abort = new AbortController();
    stream = outbox;
    void (async () => {
      let failure: IprError | undefined;
      try {
        for await (const { id, result } of open(outbox, { signal: abort.signal })) {
          reconnectMs = firstReconnectMs;
          openCalls.get(id)?.settle(result);
        }
      } catch (error) {
        failure = down(error);
      }
      abort.abort();
      outbox.close();
      stream = undefined;
      if (failure === undefined) resend();
      else {
        retryAtMs = performance.now() + reconnectMs;
        reconnectMs = Math.min(maxReconnectMs, reconnectMs * 2);
        for (const call of openCalls.values()) call.fail(failure);
      }
    })();
    return outbox;
  };

  const resend = () => {
    for (const call of openCalls.values()) {
      if (call.isResent || closed) {
        call.fail(down("the stream ended"));
      } else {
        call.isResent = true;
        currentStream().push(call.message);
      }
    }
  };

  const currentStream = (): Outbox<MultiplexedRequest<Request>> => {
    if (stream) return stream;
    if (closed) throw down("closed");
    if (performance.now() < retryAtMs) throw down("reconnecting");
    return start();
  };

  const call = (request: Request, { timeoutMs, signal }: CallOptions & { timeoutMs: number }) =>
    withSpan(path, { kind: SpanKind.CLIENT, attributes: { neighbour: name } }, async () => {
      if (signal?.aborted) throw abortReason(signal);
      const outbox = currentStream();
      if (openCalls.size >= maxOpenCalls) throw overloaded(name);
      const id = nextId;
      nextId += 1n;
      const { promise, resolve, reject } = Promise.withResolvers<Response>();
      const timer = setTimeout(() => reject(deadlineError(name, timeoutMs)), timeoutMs);
      const onAbort = () => reject(abortReason(signal));
      signal?.addEventListener("abort", onAbort, { once: true });
      const wireTimeoutMs = Math.max(1, Math.ceil(timeoutMs));
      const message = { id, timeoutMs: wireTimeoutMs, traceparent: activeTraceparent(), request };
      openCalls.set(id, {
        message,
        isResent: false,
        settle: (result) =>
          result.case === "response" ? resolve(result.value) : reject(fromStatus(result.value)),
        fail: reject,
      });
      outbox.push(message);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        openCalls.delete(id);
        stream?.withdraw(message);
      }
    });

  return {
    call,
    isOpen: () => stream !== undefined,
    close() {
      closed = true;
      stream?.close();
    },
  };
}

function overloaded(name: string): IprError {
  return new IprError(
    status.RESOURCE_EXHAUSTED,
    "OVERLOADED",
    `${name}: ${maxOpenCalls} calls are open already`,
    {
      metadata: { queue: `calls to ${name}`, limit: String(maxOpenCalls) },
      retryAfterMs: 100,
    },
  );
}

/** What is to be sent, in order. Bounded by `maxOpenCalls`: a call that ends takes back what was not yet sent of it. */
class Outbox<T> implements AsyncIterable<T> {
  readonly #waiting = new Set<T>();
  #closed = false;
  #wake = () => {};

  push(value: T): void {
    this.#waiting.add(value);
    this.#wake();
  }

  withdraw(value: T): void {
    this.#waiting.delete(value);
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    while (true) {
      const [value] = this.#waiting;
      if (value !== undefined) {
        this.#waiting.delete(value);
        yield value;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
