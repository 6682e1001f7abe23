import { createBackgroundPublisher, encodeDecision, type EventBus } from "@ipr/events";
import type { Client, Registration } from "@ipr/grpc";
import type { EmbeddingService, QualityService } from "@ipr/proto";
import type { RegistryStore } from "@ipr/registry";
import { type Logger, logUnexpected } from "@ipr/service";
import { directEstimator, type Neighbours } from "./adapters/direct-estimator.ts";
import { rememberedTables } from "./adapters/remembered-tables.ts";
import { streamedEstimator } from "./adapters/streamed-estimator.ts";
import { createEvents } from "./events.ts";
import { feedbackService } from "./rpc/feedback-service.ts";
import { registryService } from "./rpc/registry-service.ts";
import { routerService } from "./rpc/router-service.ts";

/** How long closing waits for decision events that are not yet published. */
const flushTimeoutMs = 5_000;
/** How long the first handshake with a neighbour may take; nobody waits for it. */
const connectTimeoutMs = 5_000;

export interface PolicyDependencies {
  readonly bus: EventBus;
  /** Candidates and routers; opened by the caller, who may share and must close it. */
  readonly registry: RegistryStore;
  readonly embedding: Client<typeof EmbeddingService>;
  readonly quality: Client<typeof QualityService>;
  /** True when the neighbours are in other processes: calls then share one stream to each. */
  readonly streamed: boolean;
  readonly logger: Logger;
  readonly estimateTimeoutMs: number;
  readonly feedbackTimeoutMs: number;
  readonly maxPendingEvents: number;
}

export interface Policy {
  readonly registrations: readonly Registration[];
  /** Publishes what is pending, within five seconds, and closes the streams to the neighbours. */
  close(): Promise<void>;
}

/** RouterService, RegistryService and FeedbackService. Needs no neighbour to start. */
export function createPolicy(dependencies: PolicyDependencies): Policy {
  const { bus, registry, embedding, quality, logger, maxPendingEvents } = dependencies;
  const publisher = createBackgroundPublisher(bus, {
    maxPendingEvents,
    onDropped: ({ id }, why) => events.decisionEventDropped(id, why),
  });
  const events = createEvents(logger, () => publisher.counts());
  const streamed = dependencies.streamed ? streamedEstimator({ embedding, quality }) : undefined;
  if (streamed) openConnections({ embedding, quality });
  const route = {
    registry,
    findTable: rememberedTables(quality),
    estimator: streamed ?? directEstimator({ embedding, quality }),
    estimateTimeoutMs: dependencies.estimateTimeoutMs,
    record: (event: Parameters<typeof encodeDecision>[0]) => publisher.offer(encodeDecision(event)),
    events,
  };
  return {
    registrations: [
      routerService(route, logUnexpected(logger)),
      registryService({ registry, events }),
      feedbackService({ bus, feedbackTimeoutMs: dependencies.feedbackTimeoutMs, events }),
    ],
    async close() {
      streamed?.close();
      await publisher.flush(flushTimeoutMs);
      await publisher.close();
    },
  };
}

/**
 * Connects ahead of the first decision, whose time limit is shorter than a handshake may take. A neighbour that is not
 * there yet is met again by the decisions themselves.
 */
function openConnections({ embedding, quality }: Neighbours): void {
  const options = { timeoutMs: connectTimeoutMs };
  void Promise.allSettled([embedding.getEncoder({}, options), quality.getBundle({}, options)]);
}
