import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { type EventBus, maxEventBytes, type NoticeListener } from "../event-bus.ts";
import { eventTooLarge } from "../failure.ts";
import { createOpenSubscriptions } from "../open-subscriptions.ts";
import { allStreams, type Stream, streamOf } from "../streams.ts";
import { type TraceCarrier, tracePublish } from "../tracing.ts";
import { consumeFromNats } from "./nats-consumer.ts";
import { natsKeyValue } from "./nats-key-value.ts";
import { createNatsLink } from "./nats-link.ts";
import { publishUntil } from "./publish-until.ts";

export interface NatsBusOptions {
  readonly servers: readonly string[];
  /** Shown in the server's list of connections: the service's name. */
  readonly name: string;
  /** Copies that a cluster keeps of what is stored; 1 by default. */
  readonly replicas?: number;
  /** The streams to keep; all by default. Their limits hold where the stream does not exist yet. */
  readonly streams?: readonly Stream[];
  /** How long the server waits for an answer before it hands an event out again. */
  readonly ackWaitMs?: number;
  readonly onNotice?: NoticeListener;
}

const defaultAckWaitMs = 10_000;

/** The bus over NATS JetStream, for services in separate processes. */
export function createNatsBus(options: NatsBusOptions): EventBus {
  const { replicas = 1, ackWaitMs = defaultAckWaitMs, onNotice = () => undefined } = options;
  const link = createNatsLink({
    servers: options.servers,
    name: options.name,
    streams: options.streams ?? allStreams,
    replicas,
    notify: onNotice,
  });
  const subscriptions = createOpenSubscriptions();
  const close = async (): Promise<void> => {
    await subscriptions.close();
    await link.close();
  };
  return {
    isReady: () => link.isReady(),
    publish(event, { timeoutMs }) {
      if (event.data.length > maxEventBytes) {
        return Promise.reject(eventTooLarge(event.subject, event.data.length, maxEventBytes));
      }
      return tracePublish("nats", event, (carrier) => {
        const { subject, id, data } = event;
        const { name: streamName } = streamOf(subject);
        return publishUntil(link, { streamName, subject, id, data, headers: toHeaders(carrier), timeoutMs });
      });
    },
    consume: (consumer, handler) =>
      subscriptions.track(consumeFromNats({ link, consumer, handler, ackWaitMs, notify: onNotice })),
    keyValue: (bucket) => natsKeyValue({ link, bucket, replicas, notify: onNotice, subscriptions }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toHeaders(carrier: TraceCarrier): MsgHdrs {
  const all = headers();
  for (const [name, value] of Object.entries(carrier)) all.set(name, value);
  return all;
}
