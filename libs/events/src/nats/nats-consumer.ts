import { AckPolicy, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { errors, nanos } from "@nats-io/transport-node";
import { createDeliverer, type Delivery } from "../delivery.ts";
import type { Consumer, NoticeListener, ReceivedEvent, Subscription } from "../event-bus.ts";
import { createInFlight } from "../in-flight.ts";
import { ensureConsumer } from "./ensure-consumer.ts";
import type { NatsLink } from "./nats-link.ts";
import { keepSubscribed, onAbort, type Run } from "./nats-subscription.ts";

/** Events asked for ahead of the handler. They count as handed out, so few enough to be handled within the ack wait. */
const minPrefetchedEvents = 32;
const prefetchPerHandler = 4;
/** Events that the server lets wait for an answer or a retry before it hands out no more. */
const maxUnansweredEvents = 1_000;
const pullExpiryMs = 30_000;
const idleHeartbeatMs = 5_000;
const messageIdHeader = "Nats-Msg-Id";

export function consumeFromNats(options: {
  readonly link: NatsLink;
  readonly consumer: Consumer;
  readonly handler: (event: ReceivedEvent) => Promise<void>;
  readonly ackWaitMs: number;
  readonly notify: NoticeListener;
}): Subscription {
  const { link, consumer, ackWaitMs, notify } = options;
  const { durable, stream, maxInFlight = 1 } = consumer;
  const deliver = createDeliverer({ system: "nats", consumer, handler: options.handler, notify });

  let answerEveryMs = ackWaitMs / 3;

  const handle = async (message: JsMsg): Promise<void> => {
    const alive = setInterval(() => answer(() => message.working()), answerEveryMs);
    const verdict = await deliver(toDelivery(message));
    clearInterval(alive);
    answer(() => (verdict.kind === "finished" ? message.ack() : message.nak(verdict.afterMs)));
  };

  const run: Run = async (session, established, stop) => {
    const wanted = {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ackWaitMs),
      // Attempts are counted here and not there: see createDeliverer.
      max_deliver: -1,
      max_ack_pending: maxUnansweredEvents,
    };
    answerEveryMs = (await ensureConsumer(session, stream.name, wanted)) / 3;
    const source = await session.js.consumers.get(stream.name, durable);
    const messages = await source.consume({
      max_messages: Math.max(minPrefetchedEvents, maxInFlight * prefetchPerHandler),
      expires: pullExpiryMs,
      idle_heartbeat: idleHeartbeatMs,
      abort_on_missing_resource: true,
    });
    onAbort(stop, () => messages.stop());
    established();
    const inFlight = createInFlight(maxInFlight);
    for await (const message of messages) {
      // What was fetched but not begun goes back at once, to whoever consumes next.
      if (stop.aborted) answer(() => message.nak());
      else await inFlight.start(() => handle(message));
    }
    await inFlight.settled();
    if (!stop.aborted) throw new Error("the server ended the subscription");
  };
  return keepSubscribed({ link, name: `consumer ${durable} of ${stream.name}`, notify, run });
}

/** Answers the server, if the connection is still there: without an answer the event comes again on the next one. */
function answer(say: () => void): void {
  try {
    say();
  } catch (error) {
    if (!(error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError))
      throw error;
  }
}

function toDelivery(message: JsMsg): Delivery {
  const { headers } = message;
  return {
    event: {
      subject: message.subject,
      id: headers?.get(messageIdHeader) ?? "",
      data: message.data,
      position: message.seq,
      publishedAt: message.time,
    },
    carrier: Object.fromEntries(
      (headers?.keys() ?? []).map((name) => [name.toLowerCase(), headers?.get(name) ?? ""]),
    ),
  };
}
