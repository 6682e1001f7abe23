import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { Client as GrpcClient, type ClientDuplexStream, credentials, type ServiceError } from "@grpc/grpc-js";
import { SpanKind } from "@opentelemetry/api";
import { fromServiceError, IprError, status } from "@ipr/errors";
import { withSpan } from "@ipr/telemetry";
import { maxMessageBytes, methodDefinition, methodPath } from "./definition.ts";
import { tracedMetadata } from "./metadata.ts";
import type { AnyService, CallOptions, Client } from "./types.ts";

/** The longest a stream opened without a timeout may live. */
const streamLifeMs = 24 * 60 * 60 * 1000;

export interface ClientOptions {
  /** What the neighbour is called in errors and metrics. */
  readonly name: string;
  /** A gRPC target: host:port, dns:///name:port, unix:path. */
  readonly target: string;
  /** The deadline of a unary call that sets none. */
  readonly timeoutMs: number;
}

/** A channel to one neighbour; every service of it shares the channel. */
export interface Channel {
  client<S extends AnyService>(service: S): Client<S>;
  close(): void;
}

/** Opens a channel. Nothing is sent yet: a neighbour that is down shows in the first call. */
export function connect({ name, target, timeoutMs }: ClientOptions): Channel {
  const channel = new GrpcClient(target, credentials.createInsecure(), {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    // Each instance of ours has its own connection: a neighbour that restarts elsewhere is found again.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  });
  return {
    client: <S extends AnyService>(service: S) =>
      Object.fromEntries(
        service.methods.map((method) => [
          method.localName,
          method.methodKind === "unary"
            ? unary(channel, method, name, timeoutMs)
            : bidi(channel, method, name),
        ]),
      ) as Client<S>,
    close: () => channel.close(),
  };
}

type Init = MessageInitShape<DescMethod["input"]>;

function unary(channel: GrpcClient, method: DescMethod, name: string, defaultTimeoutMs: number) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return (request: Init, options: CallOptions = {}): Promise<Message> =>
    withSpan(methodPath(method), { kind: SpanKind.CLIENT, attributes: { neighbour: name } }, () => {
      const { timeoutMs = defaultTimeoutMs, signal } = options;
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const call = channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        create(method.input, request),
        tracedMetadata(),
        { deadline: Date.now() + timeoutMs },
        (error: ServiceError | null, response?: Message) => {
          signal?.removeEventListener("abort", onAbort);
          if (error) reject(fromServiceError(error, name));
          else resolve(response as Message);
        },
      );
      const onAbort = () => call.cancel();
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
      return promise;
    });
}

function bidi(channel: GrpcClient, method: DescMethod, name: string) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return async function* (requests: AsyncIterable<Init>, options: CallOptions = {}): AsyncIterable<Message> {
    const call = channel.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      tracedMetadata(),
      {
        deadline: Date.now() + (options.timeoutMs ?? streamLifeMs),
      },
    );
    const onAbort = () => call.cancel();
    if (options.signal?.aborted) onAbort();
    else options.signal?.addEventListener("abort", onAbort, { once: true });
    let sendFailure: unknown;
    send(call, method, requests).catch((error: unknown) => {
      sendFailure = error;
      call.cancel();
    });
    try {
      // The server may end the stream while there is more to send: its answers are what counts.
      for await (const response of call as AsyncIterable<Message>) yield response;
    } catch (error) {
      throw sendFailure ?? fromServiceError(error, name);
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      call.cancel();
    }
  };
}

async function send(
  call: ClientDuplexStream<Message, Message>,
  method: DescMethod,
  requests: AsyncIterable<Init>,
): Promise<void> {
  for await (const request of requests) {
    if (!call.write(create(method.input, request))) await writable(call);
  }
  call.end();
}

/** Waits for the peer to read on; rejects when the call has ended instead. */
function writable(call: ClientDuplexStream<Message, Message>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (result: () => void) => () => {
      call.off("drain", onDrain).off("close", onClose);
      result();
    };
    const onDrain = settle(resolve);
    const onClose = settle(() =>
      reject(new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", "the stream ended while sending")),
    );
    call.once("drain", onDrain).once("close", onClose);
  });
}
