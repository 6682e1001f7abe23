import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";

type Methods<S> = S extends GenService<infer M extends GenServiceMethods> ? M : never;
type Kind<M> = M extends { methodKind: infer K } ? K : never;
type Input<M> = M extends { input: infer I extends DescMessage } ? I : never;
type Output<M> = M extends { output: infer O extends DescMessage } ? O : never;

/** A generated service. */
export type AnyService = GenService<GenServiceMethods>;

/** What a handler knows about its call. */
export interface CallContext {
  /** Aborts when the caller leaves or the deadline passes. */
  readonly signal: AbortSignal;
  /** Aborts when the server begins to drain: a stream that never ends by itself should finish what it has and end. */
  readonly draining?: AbortSignal;
  /** Milliseconds until the caller's deadline; hops pass on a little less. */
  remainingMs(): number;
}

/** The server side of a service: one async function for each method. */
export type Handlers<S extends AnyService> = {
  readonly [K in keyof Methods<S>]: Kind<Methods<S>[K]> extends "unary"
    ? (
        request: MessageShape<Input<Methods<S>[K]>>,
        context: CallContext,
      ) => Promise<MessageInitShape<Output<Methods<S>[K]>>>
    : Kind<Methods<S>[K]> extends "bidi_streaming"
      ? (
          requests: AsyncIterable<MessageShape<Input<Methods<S>[K]>>>,
          context: CallContext,
        ) => AsyncIterable<MessageInitShape<Output<Methods<S>[K]>>>
      : never;
};

export interface CallOptions {
  /** Milliseconds the answer may take; the client's default when not given. */
  readonly timeoutMs?: number;
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

/** The client side of a service: the same functions, wherever the service runs. Rejects with IprError only. */
export type Client<S extends AnyService> = {
  readonly [K in keyof Methods<S>]: Kind<Methods<S>[K]> extends "unary"
    ? (
        request: MessageInitShape<Input<Methods<S>[K]>>,
        options?: CallOptions,
      ) => Promise<MessageShape<Output<Methods<S>[K]>>>
    : Kind<Methods<S>[K]> extends "bidi_streaming"
      ? (
          requests: AsyncIterable<MessageInitShape<Input<Methods<S>[K]>>>,
          options?: CallOptions,
        ) => AsyncIterable<MessageShape<Output<Methods<S>[K]>>>
      : never;
};
