import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { once, setMaxListeners } from "node:events";
import {
  type Deadline as grpcDeadline,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { SpanKind } from "@opentelemetry/api";
import { IprError, status, toServiceError } from "@ipr/errors";
import { withSpan } from "@ipr/telemetry";
import { maxMessageBytes, methodPath, serviceDefinition } from "./definition.ts";
import { abortable, abortReason, startDeadline } from "./deadline.ts";
import { addHealth } from "./health.ts";
import { contextOfMetadata } from "./metadata.ts";
import { addReflection } from "./reflection.ts";
import type { AnyService, CallContext, Handlers } from "./types.ts";
import { toIprError, type UnexpectedErrorSink } from "./unexpected.ts";
import { validate } from "./validation.ts";

/** How long a unary call may take when its caller set no deadline. */
const unsetDeadlineMs = 30_000;
/** The longest a stream lives; its client opens another. */
const streamLifeMs = 24 * 60 * 60 * 1000;

/** Calls open at once on one connection; more wait at the caller, within their deadlines. */
const maxStreamsPerConnection = 1024;

/** A service and its handlers, of matching types. */
export interface Registration {
  readonly service: AnyService;
  readonly handlers: Readonly<Record<string, UntypedHandler>>;
}

type UntypedHandler = (request: never, context: CallContext) => unknown;

/** Pairs a service with its handlers. */
export function register<S extends AnyService>(service: S, handlers: Handlers<S>): Registration {
  return { service, handlers: handlers };
}

export interface GrpcServerOptions {
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  readonly services: readonly Registration[];
  /** Asked often; the standard health service reports it. */
  readonly isReady: () => boolean;
  /** Told of every error that is not an IprError, once. */
  readonly onUnexpected: UnexpectedErrorSink;
}

/** Something that listens, and can stop without breaking calls in progress. */
export interface Serving {
  /** host:port as bound. */
  readonly address: string;
  /** Refuses new calls, waits for those in progress up to `graceMs`, then cuts. */
  drain(graceMs: number): Promise<void>;
}

/** Serves the services with health and reflection. Rejects when the address cannot be bound. */
export async function serveGrpc(options: GrpcServerOptions): Promise<Serving> {
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_concurrent_streams": maxStreamsPerConnection,
  });
  const draining = new AbortController();
  setMaxListeners(0, draining.signal);
  for (const { service, handlers } of options.services) {
    const context = { onUnexpected: options.onUnexpected, draining: draining.signal };
    server.addService(serviceDefinition(service), implementation(service, handlers, context));
  }
  const names = options.services.map(({ service }) => service.typeName);
  const health = addHealth(server, names, options.isReady);
  addReflection(
    server,
    options.services.map(({ service }) => service),
  );
  const port = await bind(server, options.listen);
  const host = options.listen.slice(0, options.listen.lastIndexOf(":"));
  return {
    address: `${host}:${port}`,
    drain(graceMs) {
      health.stop();
      draining.abort();
      return shutdown(server, graceMs);
    },
  };
}

interface ServerContext {
  readonly onUnexpected: UnexpectedErrorSink;
  readonly draining: AbortSignal;
}

function implementation(
  service: AnyService,
  handlers: Registration["handlers"],
  context: ServerContext,
): UntypedServiceImplementation {
  const result: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (!handler) throw new TypeError(`${service.typeName}/${method.name} has no handler`);
    result[method.localName] =
      method.methodKind === "unary"
        ? unary(method, handler as UnaryHandler, context)
        : bidi(method, handler as BidiHandler, context);
  }
  return result;
}

type UnaryHandler = (
  request: Message,
  context: CallContext,
) => Promise<MessageInitShape<DescMethod["output"]>>;
type BidiHandler = (
  requests: AsyncIterable<Message>,
  context: CallContext,
) => AsyncIterable<MessageInitShape<DescMethod["output"]>>;

function unary(method: DescMethod, handler: UnaryHandler, { onUnexpected }: ServerContext) {
  const path = methodPath(method);
  return (call: ServerUnaryCall<Message, Message>, respond: sendUnaryData<Message>) => {
    const parent = contextOfMetadata(call.metadata);
    const work = withSpan(path, { kind: SpanKind.SERVER, parent }, async () => {
      using deadline = startDeadline(
        path,
        timeoutOf(call.getDeadline(), unsetDeadlineMs),
        cancelSignal(call),
      );
      validate(method.input, call.request);
      return create(method.output, await abortable(handler(call.request, deadline), deadline.signal));
    });
    work.then(
      (response) => respond(null, response),
      (error: unknown) => respond(toServiceError(toIprError(error, path, onUnexpected))),
    );
  };
}

function bidi(method: DescMethod, handler: BidiHandler, { onUnexpected, draining }: ServerContext) {
  const path = methodPath(method);
  return (call: ServerDuplexStream<Message, Message>) => {
    void (async () => {
      using deadline = startDeadline(path, timeoutOf(call.getDeadline(), streamLifeMs), cancelSignal(call));
      try {
        const context = { ...deadline, draining };
        for await (const response of handler(validated(method, call), context)) {
          if (call.cancelled) return;
          if (!call.write(create(method.output, response))) await drained(call, deadline.signal);
        }
        call.end();
      } catch (error) {
        if (!call.cancelled) call.emit("error", toServiceError(toIprError(error, path, onUnexpected)));
      }
    })();
  };
}

async function* validated(
  method: DescMethod,
  call: ServerDuplexStream<Message, Message>,
): AsyncIterable<Message> {
  // Plain iteration would destroy the stream when the caller has sent all, and with it the answers still to come.
  const requests: AsyncIterable<Message> = call.iterator({ destroyOnReturn: false });
  for await (const request of requests) {
    validate(method.input, request);
    yield request;
  }
}

/** Waits until the caller has read enough, or has left. */
async function drained(call: ServerDuplexStream<Message, Message>, signal: AbortSignal): Promise<void> {
  await once(call, "drain", { signal });
}

function cancelSignal(call: { on(event: "cancelled", listener: () => void): unknown }): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(abortReason(undefined)));
  return controller.signal;
}

function timeoutOf(deadline: grpcDeadline, unsetMs: number): number {
  const atMs = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(atMs) ? Math.min(Math.max(1, atMs - Date.now()), streamLifeMs) : unsetMs;
}

function bind(server: Server, listen: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(badListenAddress(listen, error));
      else resolve(port);
    });
  });
}

function badListenAddress(listen: string, cause: Error): IprError {
  return new IprError(
    status.INVALID_ARGUMENT,
    "BAD_CONFIG",
    `cannot listen on ${listen}: it is in use, or not an address of this machine`,
    {
      metadata: { setting: "listen" },
      cause,
    },
  );
}

async function shutdown(server: Server, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.forceShutdown(), graceMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(cut);
}
