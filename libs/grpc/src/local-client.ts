import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { SpanKind } from "@opentelemetry/api";
import { IprError, status } from "@ipr/errors";
import { withSpan } from "@ipr/telemetry";
import { abortable, startDeadline } from "./deadline.ts";
import { methodPath } from "./definition.ts";
import type { Registration } from "./server.ts";
import type { AnyService, CallContext, CallOptions, Client } from "./types.ts";
import { toIprError, type UnexpectedErrorSink } from "./unexpected.ts";
import { validate } from "./validation.ts";

export interface LocalClientOptions {
  /** The deadline of a call that sets none. */
  readonly timeoutMs: number;
  readonly onUnexpected: UnexpectedErrorSink;
}

/**
 * A client of a service in the same process: direct calls, with the same constraints, deadlines, spans and errors as
 * over the wire, and no copy. Unary methods only; between modules of one process a stream saves nothing.
 */
export function localClient<S extends AnyService>(
  service: S,
  { handlers }: Registration,
  options: LocalClientOptions,
): Client<S> {
  return Object.fromEntries(
    service.methods.map((method) => [
      method.localName,
      method.methodKind === "unary" ? unary(method, handlers, options) : refuseStream(method),
    ]),
  ) as unknown as Client<S>;
}

function unary(method: DescMethod, handlers: Registration["handlers"], options: LocalClientOptions) {
  const path = methodPath(method);
  const handler = handlers[method.localName] as unknown as (
    request: Message,
    context: CallContext,
  ) => Promise<MessageInitShape<DescMethod["output"]>>;
  return (init: MessageInitShape<DescMethod["input"]>, call: CallOptions = {}): Promise<Message> =>
    withSpan(path, { kind: SpanKind.INTERNAL }, async () => {
      using deadline = startDeadline(path, call.timeoutMs ?? options.timeoutMs, call.signal);
      const request = create(method.input, init);
      try {
        validate(method.input, request);
        return create(method.output, await abortable(handler(request, deadline), deadline.signal));
      } catch (error) {
        throw toIprError(error, path, options.onUnexpected);
      }
    });
}

function refuseStream(method: DescMethod) {
  return () => {
    throw new IprError(
      status.UNIMPLEMENTED,
      "INTERNAL",
      `${methodPath(method)} is not served within a process`,
    );
  };
}
