import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { DecisionEventSchema, FeedbackEventSchema, OutcomeEventSchema } from "@ipr/proto";
import {
  decodeDecision,
  decodeFeedback,
  decodeOutcome,
  encodeDecision,
  encodeFeedback,
  encodeOutcome,
} from "./messages.ts";
import type { OutgoingEvent } from "./event-bus.ts";

const received = (event: OutgoingEvent) => ({ ...event, position: 7, publishedAt: new Date(0) });

test("each kind of event comes back as it was, from its tenant's subject, under the id that makes it count once", () => {
  const decision = create(DecisionEventSchema, { decisionId: "d", tenant: "acme", model: "m" });
  const outcome = create(OutcomeEventSchema, { decisionId: "d", tenant: "", completed: true });
  const feedback = create(FeedbackEventSchema, { eventId: "f", decisionId: "d", tenant: "acme", score: 0.5 });
  const [d, o, f] = [encodeDecision(decision), encodeOutcome(outcome), encodeFeedback(feedback)];
  assert.deepEqual(
    [d, o, f].map(({ subject, id }) => [subject, id]),
    [
      ["ipr.decision.acme", "d"],
      ["ipr.outcome._", "d"],
      ["ipr.feedback.acme", "f"],
    ],
  );
  assert.deepEqual(decodeDecision(received(d)), decision);
  assert.deepEqual(decodeOutcome(received(o)), outcome);
  assert.deepEqual(decodeFeedback(received(f)), feedback);
});

test("bytes that are no such event are refused with subject and position", () => {
  const broken = received({ subject: "ipr.feedback._", id: "x", data: new Uint8Array([0xff, 0xff]) });
  assert.throws(() => decodeFeedback(broken), {
    reason: "BAD_DATA",
    message: "event x on ipr.feedback._, position 7, is not a ipr.v1.FeedbackEvent",
  });
});
