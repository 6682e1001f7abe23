import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IprError, status } from "@ipr/errors";
import { type EventBus, publishFeedback } from "@ipr/events";
import { hopTimeoutMs, register, type Registration } from "@ipr/grpc";
import { FeedbackEventSchema, FeedbackService, type SubmitRequest } from "@ipr/proto";
import { RecentReports } from "../domain/recent-reports.ts";
import type { PolicyEvents } from "../events.ts";

const defaultSource = "user";

export interface FeedbackDependencies {
  readonly bus: EventBus;
  /** How long the bus may take to confirm. */
  readonly feedbackTimeoutMs: number;
  readonly events: PolicyEvents;
}

/** FeedbackService: when Submit returns, the report is durable. */
export function feedbackService({ bus, feedbackTimeoutMs, events }: FeedbackDependencies): Registration {
  const recent = new RecentReports();

  return register(FeedbackService, {
    submit: async (request, context) => {
      const { decisionId, tenant, key, score = 0 } = request;
      const source = request.source || defaultSource;
      const eventId = eventIdOf(request, source);
      const earlier = recent.remember(eventId, score);
      if (earlier !== undefined && earlier !== score) throw conflict(key, earlier, score);
      const receivedAt = timestampFromMs(Date.now());
      const report = create(FeedbackEventSchema, { eventId, decisionId, receivedAt, tenant, source, score });
      try {
        const { duplicate } = await publishFeedback(bus, report, {
          timeoutMs: hopTimeoutMs(feedbackTimeoutMs, context),
        });
        const isDuplicate = duplicate || earlier !== undefined;
        events.feedbackTaken(isDuplicate);
        return { eventId, duplicate: isDuplicate };
      } catch (error) {
        if (earlier === undefined) recent.forget(eventId);
        throw error;
      }
    },
  });
}

/** The same tenant, decision, source and key give the same id: in the form of a UUID, version 8 (RFC 9562). */
function eventIdOf({ tenant, decisionId, key }: SubmitRequest, source: string): string {
  const text = JSON.stringify([tenant, decisionId.toLowerCase(), source, key]);
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function conflict(key: string, earlier: number, score: number): IprError {
  const what = key === "" ? "this decision and source" : `key "${key}"`;
  return new IprError(
    status.ALREADY_EXISTS,
    "FEEDBACK_CONFLICT",
    `${what} was reported before with score ${earlier}, not ${score}; use another key for another report`,
    { metadata: { key } },
  );
}
