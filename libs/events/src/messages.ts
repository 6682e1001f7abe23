import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { IprError, status } from "@ipr/errors";
import {
  type DecisionEvent,
  DecisionEventSchema,
  type FeedbackEvent,
  FeedbackEventSchema,
  type OutcomeEvent,
  OutcomeEventSchema,
} from "@ipr/proto";
import type { EventBus, OutgoingEvent, ReceivedEvent } from "./event-bus.ts";
import { streams, subjectFor } from "./streams.ts";

/** Each kind of event as the bus carries it: by tenant, with the id that makes it count once. */
export function encodeDecision(decision: DecisionEvent): OutgoingEvent {
  return {
    subject: subjectFor(streams.decisions, decision.tenant),
    id: decision.decisionId,
    data: toBinary(DecisionEventSchema, decision),
  };
}

/** A decision has one outcome, so its id is the outcome's too. */
export function encodeOutcome(outcome: OutcomeEvent): OutgoingEvent {
  return {
    subject: subjectFor(streams.outcomes, outcome.tenant),
    id: outcome.decisionId,
    data: toBinary(OutcomeEventSchema, outcome),
  };
}

export function encodeFeedback(feedback: FeedbackEvent): OutgoingEvent {
  return {
    subject: subjectFor(streams.feedback, feedback.tenant),
    id: feedback.eventId,
    data: toBinary(FeedbackEventSchema, feedback),
  };
}

export const decodeDecision = (event: ReceivedEvent): DecisionEvent => decode(DecisionEventSchema, event);
export const decodeOutcome = (event: ReceivedEvent): OutcomeEvent => decode(OutcomeEventSchema, event);
export const decodeFeedback = (event: ReceivedEvent): FeedbackEvent => decode(FeedbackEventSchema, event);

interface PublishOptions {
  readonly timeoutMs: number;
}

export const publishDecision = (bus: EventBus, decision: DecisionEvent, options: PublishOptions) =>
  bus.publish(encodeDecision(decision), options);
export const publishOutcome = (bus: EventBus, outcome: OutcomeEvent, options: PublishOptions) =>
  bus.publish(encodeOutcome(outcome), options);
/** Feedback is awaited: when this resolves, it is durable. */
export const publishFeedback = (bus: EventBus, feedback: FeedbackEvent, options: PublishOptions) =>
  bus.publish(encodeFeedback(feedback), options);

function decode<Schema extends DescMessage>(schema: Schema, event: ReceivedEvent): MessageShape<Schema> {
  try {
    return fromBinary(schema, event.data);
  } catch (cause) {
    throw new IprError(
      status.INVALID_ARGUMENT,
      "BAD_DATA",
      `event ${event.id} on ${event.subject}, position ${event.position}, is not a ${schema.typeName}`,
      { metadata: { file: event.subject, line: String(event.position) }, cause },
    );
  }
}
