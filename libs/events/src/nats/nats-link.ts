import { setTimeout as delay } from "node:timers/promises";
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { NoticeListener } from "../event-bus.ts";
import { eventsUnavailable, toError } from "../failure.ts";
import type { Stream } from "../streams.ts";
import { ensureStreams } from "./nats-streams.ts";
import { checkServerVersion } from "./server-version.ts";

const connectTimeoutMs = 5_000;
const requestTimeoutMs = 5_000;
const reconnectPauseMs = 250;
/** A peer that went silent is noticed after pingIntervalMs * maxPingsOut. */
const pingIntervalMs = 5_000;
const maxPingsOut = 2;
const firstRetryPauseMs = 250;
const maxRetryPauseMs = 5_000;
const drainTimeoutMs = 5_000;

/** A connection that has been looked over: the server is new enough and the streams are there. */
export interface NatsSession {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Aborts when the connection is lost or the link closes. A returning server gives a new session. */
  readonly lost: AbortSignal;
}

/** Keeps one connection to NATS for the life of the bus. */
export interface NatsLink {
  isReady(): boolean;
  /** The session, now or when there is one; rejects with EVENTS_UNAVAILABLE after the timeout. */
  session(timeoutMs: number): Promise<NatsSession>;
  /** Aborts when the link is closed. */
  readonly closed: AbortSignal;
  close(): Promise<void>;
}

export interface NatsLinkOptions {
  readonly servers: readonly string[];
  /** Shown in the server's list of connections. */
  readonly name: string;
  readonly streams: readonly Stream[];
  readonly replicas: number;
  readonly notify: NoticeListener;
}

export function createNatsLink(options: NatsLinkOptions): NatsLink {
  const closing = new AbortController();
  let current: { session: NatsSession; lose: () => void } | undefined;
  let arrived = Promise.withResolvers<NatsSession>();
  let problem: Error | undefined;

  const lose = (): void => {
    if (!current) return;
    current.lose();
    current = undefined;
    arrived = Promise.withResolvers();
  };
  const report = (error: unknown): void => {
    problem = toError(error);
    options.notify({ kind: "unavailable", error: problem });
  };

  /** Makes a session of a live connection, as often as it takes while it stays connected. */
  const prepare = async (connection: NatsConnection, connected: AbortSignal): Promise<void> => {
    await retry(AbortSignal.any([connected, closing.signal]), report, async () => {
      checkServerVersion(connection);
      const manager = await jetstreamManager(connection, { timeout: requestTimeoutMs });
      await ensureStreams(manager, options.streams, options.replicas);
      if (connected.aborted || closing.signal.aborted) return;
      const lost = new AbortController();
      const js = jetstream(connection, { timeout: requestTimeoutMs });
      const session = { connection, js, manager, lost: lost.signal };
      current = { session, lose: () => lost.abort() };
      problem = undefined;
      const version = connection.info?.version ?? "unknown";
      options.notify({ kind: "connected", server: connection.getServer(), version });
      arrived.resolve(session);
    });
  };

  const watchConnection = async (connection: NatsConnection): Promise<void> => {
    let connected = new AbortController();
    void prepare(connection, connected.signal);
    for await (const { type } of connection.status()) {
      if (type === "disconnect") {
        connected.abort();
        lose();
        options.notify({ kind: "disconnected", server: connection.getServer() });
      } else if (type === "reconnect") {
        connected.abort();
        lose();
        connected = new AbortController();
        void prepare(connection, connected.signal);
      }
    }
    connected.abort();
    lose();
  };

  let connection: NatsConnection | undefined;
  const running = retry(closing.signal, report, async () => {
    connection = await connect({
      servers: [...options.servers],
      name: options.name,
      timeout: connectTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectPauseMs,
      pingInterval: pingIntervalMs,
      maxPingOut: maxPingsOut,
    });
    if (closing.signal.aborted) return connection.close();
    await watchConnection(connection);
    if (!closing.signal.aborted) throw (await connection.closed()) ?? new Error("the connection was closed");
  });

  return {
    closed: closing.signal,
    isReady: () => current !== undefined,
    async session(timeoutMs) {
      if (closing.signal.aborted) throw eventsUnavailable("is closed");
      if (current) return current.session;
      const timer = new AbortController();
      try {
        return await Promise.race([
          arrived.promise,
          delay(timeoutMs, undefined, { signal: AbortSignal.any([timer.signal, closing.signal]) }).then(
            () => {
              throw eventsUnavailable(`at ${options.servers.join(", ")} is not there`, problem);
            },
          ),
        ]);
      } catch (error) {
        if (closing.signal.aborted) throw eventsUnavailable("is closed", error);
        throw error;
      } finally {
        timer.abort();
      }
    },
    async close() {
      closing.abort();
      lose();
      if (connection && !connection.isClosed()) {
        const drained = connection.drain().catch(() => undefined);
        await Promise.race([drained, delay(drainTimeoutMs, undefined, { ref: false })]);
        await connection.close();
      }
      await running;
    },
  };
}

/** Does the work, again after a growing pause when it fails, until it succeeds or the signal aborts. */
export async function retry(
  signal: AbortSignal,
  report: (error: unknown) => void,
  work: () => Promise<void>,
): Promise<void> {
  let pauseMs = firstRetryPauseMs;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      await work();
      return;
    } catch (error) {
      if (signal.aborted) return;
      report(error);
    }
    if (performance.now() - startedAt > maxRetryPauseMs) pauseMs = firstRetryPauseMs;
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, maxRetryPauseMs);
  }
}
