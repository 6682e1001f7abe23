import { createBackgroundPublisher, encodeOutcome, type EventBus } from "@ipr/events";
import type { Client, Registration } from "@ipr/grpc";
import type { FeedbackService, RouterService } from "@ipr/proto";
import type { RegistryStore } from "@ipr/registry";
import type { Environment, Logger } from "@ipr/service";
import type { Express } from "express";
import { createDecider } from "./adapters/policy-decisions.ts";
import { createProviders } from "./adapters/providers/providers.ts";
import { Breakers } from "./answering/breakers.ts";
import { createEvents } from "./events.ts";
import { createApp } from "./http/app.ts";
import { proxyService } from "./rpc/proxy-service.ts";
import type { Settings } from "./settings.ts";

/** How long closing waits for outcome events that are not yet published. */
const flushTimeoutMs = 5_000;

export interface ProxyDependencies {
  readonly router: Client<typeof RouterService>;
  readonly feedback: Client<typeof FeedbackService>;
  /** Candidates and routers, endpoints resolved; opened by the caller, who may share and must close it. */
  readonly registry: Pick<RegistryStore, "current" | "isLoaded">;
  readonly bus: Pick<EventBus, "publish">;
  /** Where endpoints' keys are looked up. */
  readonly environment: Environment;
  readonly logger: Logger;
  readonly clock: {
    /** Milliseconds since the epoch. */
    now(): number;
  };
  /** Makes ids of decisions that the policy did not make: UUIDs, version 7. */
  readonly newId: () => string;
  readonly settings: Settings;
  /** Asked by `/readyz`, beside whether there is a registry; the policy need not be up. */
  readonly isAccepting: () => boolean;
}

export interface Proxy {
  readonly registrations: readonly Registration[];
  /** The HTTP edge, for `serveHttp`. */
  readonly app: Express;
  /** Publishes what is pending, within five seconds, and drops the connections to upstreams. */
  close(): Promise<void>;
}

/** The OpenAI-compatible edge and ProxyService. Needs no neighbour to start. */
export function createProxy(dependencies: ProxyDependencies): Proxy {
  const { router, feedback, registry, bus, environment, logger, clock, newId, settings } = dependencies;
  const publisher = createBackgroundPublisher(bus, {
    maxPendingEvents: settings.maxPendingEvents,
    onDropped: ({ id }, why) => events.outcomeEventDropped(id, why),
  });
  const events = createEvents(logger, () => publisher.counts());
  const breakers = new Breakers(() => clock.now());
  const now = () => clock.now();
  const { connectTimeoutMs, routeTimeoutMs } = settings;
  const provider = createProviders({ environment, connectTimeoutMs, now, newId });
  const app = createApp({
    chat: {
      decide: createDecider({ router, registry, newId, routeTimeoutMs, onDegraded: events.decisionDegraded }),
      registry,
      provider,
      breakers,
      watcher: {
        attemptEnded: (record, end) => events.attemptEnded(record, end.kind),
        breakerOpened: ({ candidate, endpoint }) =>
          events.breakerOpened({ candidate: candidate.name, endpoint: endpoint.name }),
      },
      maxAttempts: settings.maxAttempts,
      timeouts: {
        firstByteMs: settings.firstByteTimeoutMs,
        completionMs: settings.completionTimeoutMs,
        idleMs: settings.idleTimeoutMs,
        totalMs: settings.totalTimeoutMs,
      },
      newId,
      now,
      record(outcome) {
        events.answerEnded(outcome);
        publisher.offer(encodeOutcome(outcome));
      },
    },
    feedback: { feedback, timeoutMs: settings.feedbackTimeoutMs },
    registry,
    maxBodyBytes: settings.maxBodyBytes,
    isReady: () => dependencies.isAccepting() && registry.isLoaded(),
    onUnexpected: events.requestFailedUnexpectedly,
  });
  return {
    registrations: [proxyService({ registry, breakers })],
    app,
    async close() {
      await provider.close();
      await publisher.flush(flushTimeoutMs);
      await publisher.close();
    },
  };
}
