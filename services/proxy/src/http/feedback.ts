import { invalidField } from "@ipr/errors";
import type { Client } from "@ipr/grpc";
import type { FeedbackService } from "@ipr/proto";
import { z } from "zod";
import { type HttpHandler, sendJson } from "./endpoint.ts";
import { parseJsonBody } from "./json-body.ts";

/** Types and names only: what the values may be is in the contract, which the service holds us to. */
const Feedback = z.strictObject({
  decisionId: z.string("must be the id in the answer's x-ipr-decision-id header"),
  score: z.number("must be a number from 0 (useless) to 1 (as good as could be)"),
  key: z.string("must be a string").optional(),
  source: z.string("must be a string").optional(),
  tenant: z.string("must be a string").optional(),
});

export interface FeedbackOptions {
  readonly feedback: Client<typeof FeedbackService>;
  readonly timeoutMs: number;
}

/** POST /v1/feedback: when it answers, the report is durable. */
export function submitFeedback({ feedback, timeoutMs }: FeedbackOptions): HttpHandler {
  return async (request, response) => {
    const { decisionId, score, key = "", source = "", tenant } = parseFeedback(request.body as Buffer);
    const { eventId, duplicate } = await feedback.submit(
      { decisionId, score, key, source, tenant: tenant ?? request.header("x-ipr-tenant") ?? "" },
      { timeoutMs },
    );
    sendJson(response, 202, { eventId, duplicate });
  };
}

function parseFeedback(body: Buffer): z.infer<typeof Feedback> {
  const parsed = Feedback.safeParse(parseJsonBody(body).value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw invalidField(
      issue.keys[0] ?? "body",
      `is no field of feedback; known: ${Object.keys(Feedback.shape).join(", ")}`,
    );
  }
  throw invalidField(String(issue?.path[0] ?? "body"), issue?.message ?? "is wrong");
}
