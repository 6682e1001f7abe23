import {
  decodeDecision,
  decodeFeedback,
  decodeOutcome,
  type EventBus,
  type ReceivedEvent,
  streams,
  type Subscription,
} from "@ipr/events";
import { IprError, status } from "@ipr/errors";
import type { FeedbackEvent } from "@ipr/proto";
import type { Ledger, Lesson } from "./adapters/ledger.ts";
import { choiceOf } from "./domain/choice.ts";
import type { RecalibrationEvents } from "./events.ts";

const durable = "recalibration";
/** Handlers at once, so that one write to disk stores the lessons of many events. */
const maxInFlightEvents = 128;
/** A lesson that cannot be stored now, because the disk is full, is tried until it can: feedback was promised to be kept. */
const maxAttempts = Number.POSITIVE_INFINITY;

/** Takes decisions, outcomes and feedback from the bus into the ledger. An event is confirmed when it is on disk, not before. */
export function startIntake(options: {
  readonly bus: EventBus;
  readonly ledger: Ledger;
  readonly events: RecalibrationEvents;
  readonly learned: (lessons: readonly Lesson[]) => void;
}): Subscription[] {
  const { bus, ledger, events, learned } = options;

  /** An event that can never be read is reported and done with. */
  const readable = <T>(event: ReceivedEvent, read: (event: ReceivedEvent) => T): T | undefined => {
    try {
      return read(event);
    } catch (error) {
      events.eventRefused(error);
      return undefined;
    }
  };
  const takeDecision = async (event: ReceivedEvent): Promise<void> => {
    const decision = readable(event, decodeDecision);
    if (!decision) return;
    const { isNew, madeUnusable, lessons } = await ledger.takeDecision(choiceOf(decision));
    events.decisionTaken(isNew);
    if (madeUnusable) events.fallbackAnswered(decision.decisionId);
    learned(lessons);
  };
  const takeFeedback = async (event: ReceivedEvent): Promise<void> => {
    const feedback = readable(event, readFeedback);
    if (!feedback) return;
    const { eventId, tenant, decisionId, score } = feedback;
    const taken = await ledger.takeFeedback({ eventId, tenant, decisionId, reward: score });
    events.feedbackTaken(taken.fate);
    if (taken.forgotten > 0) events.feedbackForgotten(taken.forgotten);
    learned(taken.lessons);
  };
  const takeOutcome = async (event: ReceivedEvent): Promise<void> => {
    const outcome = readable(event, decodeOutcome);
    // Nobody answered, so there is no answer to judge.
    if (!outcome || outcome.model === "") return;
    const { tenant, decisionId, model } = outcome;
    const { madeUnusable } = await ledger.takeAnswer({ tenant, decisionId, candidate: model });
    if (madeUnusable) events.fallbackAnswered(decisionId);
  };
  const consumer = { durable, maxInFlight: maxInFlightEvents, maxAttempts };
  return [
    bus.consume({ ...consumer, stream: streams.decisions }, takeDecision),
    bus.consume({ ...consumer, stream: streams.outcomes }, takeOutcome),
    bus.consume({ ...consumer, stream: streams.feedback }, takeFeedback),
  ];
}

function readFeedback(event: ReceivedEvent): FeedbackEvent {
  const feedback = decodeFeedback(event);
  const { eventId, score } = feedback;
  if (score >= 0 && score <= 1) return feedback;
  throw new IprError(
    status.INVALID_ARGUMENT,
    "BAD_DATA",
    `feedback ${eventId} has score ${score}, but must be between 0 and 1`,
    { metadata: { file: event.subject, line: String(event.position) } },
  );
}
