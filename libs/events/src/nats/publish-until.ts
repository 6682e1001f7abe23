import { setTimeout as delay } from "node:timers/promises";
import type { MsgHdrs } from "@nats-io/transport-node";
import { eventsUnavailable } from "../failure.ts";
import type { NatsLink } from "./nats-link.ts";

/** One attempt to publish; an answer that takes longer was lost with the connection. */
const attemptTimeoutMs = 2_000;
const attemptPauseMs = 100;

export interface Publication {
  readonly streamName: string;
  readonly subject: string;
  /** Makes a second try of what is stored harmless. */
  readonly id?: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs;
  readonly timeoutMs: number;
}

/** Tries until the timeout; rejects with EVENTS_UNAVAILABLE. */
export async function publishUntil(
  link: NatsLink,
  { streamName, subject, id, data, headers, timeoutMs }: Publication,
): Promise<{ duplicate: boolean }> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    const remainingMs = deadline - performance.now();
    if (remainingMs < 1) throw eventsUnavailable(`did not confirm within ${timeoutMs} ms`, last);
    const session = await link.session(remainingMs);
    try {
      const { duplicate } = await session.js.publish(subject, data, {
        ...(id === undefined ? {} : { msgID: id }),
        ...(headers === undefined ? {} : { headers }),
        expect: { streamName },
        timeout: Math.min(remainingMs, attemptTimeoutMs),
      });
      return { duplicate };
    } catch (error) {
      last = error;
      await delay(Math.min(attemptPauseMs, Math.max(deadline - performance.now(), 0)));
    }
  }
}
