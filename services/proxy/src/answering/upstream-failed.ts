import { IprError, status } from "@ipr/errors";
import type { CallResult } from "./call-in-order.ts";
import type { Decision } from "./decision.ts";

/** The error when no target gave a whole answer: what became of each, and when to come back if one said so. */
export function upstreamFailed({ order }: Decision, { attempts, skipped, end }: CallResult): IprError {
  const reasons = [
    ...attempts.map(({ candidate, endpoint, error }) => `${candidate} at ${endpoint}: ${error}`),
    ...skipped.map(
      ({ candidate, endpoint }) =>
        `${candidate.name} at ${endpoint.name}: not called, it has failed too often just now`,
    ),
  ];
  if (reasons.length === 0) reasons.push(`no endpoint is configured for ${order.join(", ")}`);
  const retryAfterMs = end.kind === "failed" ? end.retryAfterMs : undefined;
  return new IprError(
    status.UNAVAILABLE,
    "UPSTREAM_FAILED",
    `no upstream gave a whole answer: ${reasons.join("; ")}`,
    {
      metadata: { attempts: String(attempts.length), last: reasons.at(-1) ?? "" },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}
