import type { NoticeListener, Subscription } from "../event-bus.ts";
import { eventsUnavailable, toError } from "../failure.ts";
import { type NatsLink, type NatsSession, retry } from "./nats-link.ts";

const sessionPatienceMs = 60_000;

/** Serves a subscription on one session, until `stop`; it fails when the server ends it first. */
export type Run = (session: NatsSession, established: () => void, stop: AbortSignal) => Promise<void>;

/**
 * Keeps `run` going on the present session: again on the next one when the connection was lost, and again after a pause
 * when it fails. `run` ends when its signal aborts.
 */
export function keepSubscribed(options: {
  readonly link: NatsLink;
  readonly name: string;
  readonly notify: NoticeListener;
  readonly run: Run;
}): Subscription {
  const { link, name, notify, run } = options;
  const closing = new AbortController();
  const stop = AbortSignal.any([closing.signal, link.closed]);
  const established = Promise.withResolvers<void>();
  // Nobody has to wait for it.
  established.promise.catch(() => undefined);

  const report = (error: unknown): void =>
    notify({ kind: "subscription_failed", subscription: name, error: toError(error) });
  const stopped = new Promise<undefined>((resolve) => {
    onAbort(stop, () => resolve(undefined));
  });
  const running = retry(stop, report, async () => {
    while (!stop.aborted) {
      // Closing does not wait for a server that may never come.
      const session = await Promise.race([link.session(sessionPatienceMs).catch(() => undefined), stopped]);
      if (!session) continue;
      await run(session, established.resolve, AbortSignal.any([stop, session.lost]));
    }
  });
  return {
    established: established.promise,
    async close() {
      closing.abort();
      established.reject(eventsUnavailable(`closed ${name} before it stood`));
      await running;
    },
  };
}

/** Calls `action` once when the signal aborts, also when it has already. */
export function onAbort(signal: AbortSignal, action: () => void): void {
  if (signal.aborted) action();
  else signal.addEventListener("abort", action, { once: true });
}
