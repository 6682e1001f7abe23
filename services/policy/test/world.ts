import { createEmbeddedBus, decodeDecision, decodeFeedback, type EventBus, streams } from "@ipr/events";
import { type Channel, connect, serveGrpc } from "@ipr/grpc";
import {
  type DecisionEvent,
  EmbeddingService,
  type FeedbackEvent,
  FeedbackService,
  QualityService,
  RegistryService,
  RouterService,
} from "@ipr/proto";
import { openRegistry, parseRegistry } from "@ipr/registry";
import { createLogger } from "@ipr/service";
import { createPolicy } from "../src/index.ts";
import { fakeEmbedding, fakeQuality } from "./fake-neighbours.ts";

/** Long enough for the busiest machine: no test depends on speed. */
const generousMs = 30_000;

const registryText = `
candidates:
  - name: strong
    family: acme
    price: { inputUsdPerMtok: 8, outputUsdPerMtok: 8, source: list, asOf: "2026" }
    capabilities: { tools: true, vision: true, jsonSchema: true }
    expectedOutputTokens: 1000
    endpoints: [{ name: main, protocol: simulated }]
  - name: middle
    family: acme
    price: { inputUsdPerMtok: 4, outputUsdPerMtok: 4, source: list, asOf: "2026" }
    capabilities: { tools: true }
    limits: { contextTokens: 8000 }
    expectedOutputTokens: 1000
  - name: cheap
    family: other
    price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1, source: list, asOf: "2026" }
    limits: { contextTokens: 4000 }
    expectedOutputTokens: 1000
routers:
  - { name: default, candidates: [strong, middle, cheap], reference: strong, tolerance: 0.25, forcedTrustState: route }
  - { name: fresh, candidates: [strong, middle, cheap], reference: strong, tolerance: 0.25 }
`;

export const qualities = { strong: 1, middle: 0.75, cheap: 0.5 };

export interface WorldOptions {
  readonly bus?: EventBus;
  readonly estimateTimeoutMs?: number;
  readonly streamed?: boolean;
}

/** The policy service whole, over real gRPC, with neighbours whose answers the test decides. */
export async function openWorld(options: WorldOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(options.bus ?? createEmbeddedBus());
  const embedding = stack.use(await fakeEmbedding());
  const quality = stack.use(await fakeQuality());
  quality.qualities = qualities;
  const channelTo = (name: string, target: string): Channel => {
    const channel = connect({ name, target, timeoutMs: generousMs });
    stack.defer(() => channel.close());
    return channel;
  };
  const registry = await openRegistry(bus, { seed: parseRegistry(registryText, "registry.yaml") });
  stack.defer(() => registry.close());
  const logLines: string[] = [];
  const logger = createLogger({
    service: "policy",
    level: "debug",
    write: (line) => logLines.push(line),
    now: () => new Date(0),
  });
  const policy = createPolicy({
    bus,
    registry,
    embedding: channelTo("embedding", embedding.address).client(EmbeddingService),
    quality: channelTo("quality", quality.address).client(QualityService),
    streamed: options.streamed ?? true,
    logger,
    estimateTimeoutMs: options.estimateTimeoutMs ?? generousMs,
    feedbackTimeoutMs: generousMs,
    maxPendingEvents: 100,
  });
  stack.defer(() => policy.close());
  const unexpected: unknown[] = [];
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: policy.registrations,
    isReady: () => true,
    onUnexpected: (error) => unexpected.push(error),
  });
  stack.defer(() => serving.drain(0));
  const channel = channelTo("policy", serving.address);
  const owned = stack.move();
  return {
    bus,
    embedding,
    quality,
    registry,
    logLines,
    /** Errors that nobody foresaw: none, in every test. */
    unexpected,
    router: channel.client(RouterService),
    registryClient: channel.client(RegistryService),
    feedback: channel.client(FeedbackService),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Collects the decision events of the bus, in the background. */
export function collectDecisions(bus: EventBus): DecisionEvent[] {
  const decisions: DecisionEvent[] = [];
  bus.consume({ durable: "test-decisions", stream: streams.decisions }, async (event) => {
    decisions.push(decodeDecision(event));
  });
  return decisions;
}

export function collectFeedback(bus: EventBus): FeedbackEvent[] {
  const reports: FeedbackEvent[] = [];
  bus.consume({ durable: "test-feedback", stream: streams.feedback }, async (event) => {
    reports.push(decodeFeedback(event));
  });
  return reports;
}
