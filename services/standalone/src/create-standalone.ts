import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { createEmbedding, type EmbeddingDependencies } from "@ipr/embedding";
import { type ExecutionProvider, resolveReference } from "@ipr/encoders";
import { createEmbeddedBus, logNotice } from "@ipr/events";
import { type Client, localClient, type Registration, serveGrpc, type Serving } from "@ipr/grpc";
import { createPolicy } from "@ipr/policy";
import {
  BundleRole,
  EmbeddingService,
  FeedbackService,
  QualityService,
  RouterService,
  TrustState,
} from "@ipr/proto";
import { createProxy, serveHttp, Settings } from "@ipr/proxy";
import { createQuality } from "@ipr/quality";
import { createRecalibration } from "@ipr/recalibration";
import { logRegistryNotice, openRegistry, readRegistry, resolveEndpoints } from "@ipr/registry";
import { type Environment, type Logger, logUnexpected, Resources } from "@ipr/service";
import type { BannerFacts } from "./banner.ts";
import { refuseMisfit } from "./encoder-fit.ts";
import { limits } from "./limits.ts";
import { onlyRegistration } from "./registrations.ts";
import { shipped } from "./shipped.ts";
import { shadowRouters, startupWarnings } from "./startup-warnings.ts";

export interface StandaloneOptions {
  readonly bundleDir: string;
  /** A bundle for another encoder, and one to compare with; empty when there is none. */
  readonly standInBundleDir?: string;
  readonly shadowBundleDir?: string;
  /** A directory, or the name of a shipped encoder; with `@sha256:<digest>` when it must be that one. */
  readonly encoderDir: string;
  /** How an ONNX encoder computes. */
  readonly encoderProvider?: ExecutionProvider;
  readonly encoderWorkers?: number;
  /** A static encoder that answers when the other is late or gone, for the stand-in bundle; empty when there is none. */
  readonly standInEncoderDir?: string;
  readonly standInAfterMs?: number;
  readonly registryFile: string;
  /** Where events and what was learned are kept; in memory when undefined. */
  readonly stateDir: string | undefined;
  /** The same while every answer is simulated: what they teach must not be met again by real ones. */
  readonly simulatedStateDir?: string;
  readonly estimateTimeoutMs?: number;
  readonly environment: Environment;
  readonly logger: Logger;
  /** False once the process was told to stop. */
  readonly isAccepting: () => boolean;
}

export interface Standalone {
  readonly router: Client<typeof RouterService>;
  readonly facts: Omit<BannerFacts, "http" | "grpc">;
  /** Opens both ports. */
  serve(listen: { http: string; grpc: string }): Promise<{ http: Serving; grpc: Serving }>;
  close(): Promise<void>;
}

/**
 * Every service in one process: the same modules, direct calls instead of gRPC, and an event bus on SQLite. What fails to
 * open closes what was opened before it.
 */
export async function createStandalone(options: StandaloneOptions): Promise<Standalone> {
  const resources = new Resources(options.logger);
  try {
    return await assemble(options, resources);
  } catch (error) {
    await resources.close();
    throw error;
  }
}

async function assemble(options: StandaloneOptions, resources: Resources): Promise<Standalone> {
  const { environment, logger } = options;
  const onUnexpected = logUnexpected(logger);
  const local = { timeoutMs: limits.localCallTimeoutMs, onUnexpected };

  const file = await readRegistry(options.registryFile);
  const resolved = resolveEndpoints(file, environment);
  const { simulatedStateDir = options.stateDir } = options;
  const stateDir = resolved.simulated ? simulatedStateDir : options.stateDir;
  const bus = resources.use(
    createEmbeddedBus({
      ...(stateDir !== undefined && { directory: stateDir }),
      onNotice: (notice) => logNotice(logger, notice),
    }),
  );
  const registry = resources.use(
    await openRegistry(bus, {
      seed: file,
      resolve: (stored) => resolveEndpoints(stored, environment).registry,
      onNotice: (notice) => logRegistryNotice(logger, notice),
    }),
  );

  const embedding = resources.use(await createEmbedding(embeddingDependencies(options)));
  const { bundleDir, standInBundleDir = "", shadowBundleDir = "" } = options;
  const quality = resources.use(
    await createQuality({ bundleDir, standInBundleDir, shadowBundleDir, ...limits.quality, bus, logger }),
  );
  const qualityClient = localClient(
    QualityService,
    onlyRegistration(quality.registrations, QualityService),
    local,
  );
  refuseMisfit(embedding.encoders, await answeringBundles(qualityClient));
  const policy = resources.use(
    createPolicy({
      bus,
      registry,
      embedding: localClient(
        EmbeddingService,
        onlyRegistration(embedding.registrations, EmbeddingService),
        local,
      ),
      quality: qualityClient,
      streamed: false,
      logger,
      ...limits.policy,
      ...(options.estimateTimeoutMs !== undefined && { estimateTimeoutMs: options.estimateTimeoutMs }),
    }),
  );
  const recalibration = resources.use(
    createRecalibration({
      bus,
      ...(stateDir !== undefined && { stateDir: join(stateDir, "recalibration") }),
      ...limits.recalibration,
      logger,
    }),
  );
  const router = localClient(RouterService, onlyRegistration(policy.registrations, RouterService), local);
  const feedback = localClient(
    FeedbackService,
    onlyRegistration(policy.registrations, FeedbackService),
    local,
  );
  let isOpen = false;
  const isReady = () => isOpen && options.isAccepting();
  const proxy = resources.use(
    createProxy({
      router,
      feedback,
      registry,
      bus,
      environment,
      logger,
      clock: Date,
      newId: randomUUIDv7,
      settings: Settings.parse({}),
      isAccepting: isReady,
    }),
  );
  const services: Registration[] = [
    ...policy.registrations,
    ...embedding.registrations,
    ...quality.registrations,
    ...recalibration.registrations,
    ...proxy.registrations,
  ];

  const current = registry.current().registry;
  const active = quality.active();
  const { slots } = await qualityClient.listBundles({});
  const bundleOf = (wanted: BundleRole) => slots.find(({ role }) => role === wanted)?.current?.bundle;
  const { routers, candidates } = current;
  const forced = routers.filter(({ forcedTrustState }) => forcedTrustState === TrustState.ROUTE);
  return {
    router,
    facts: {
      bundle: active.bundle,
      standInBundle: bundleOf(BundleRole.STAND_IN),
      shadowBundle: bundleOf(BundleRole.SHADOW),
      routers: routers.map(({ name }) => name),
      candidates: candidates.length,
      providers: resolved.notes,
      simulated: resolved.simulated,
      forcedRouters: forced.map(({ name }) => name),
      shadowRouters: shadowRouters(current),
      warnings: startupWarnings({ registry: current, estimable: active.candidates, environment }),
      stateDir: stateDir ?? "memory",
    },
    async serve({ http, grpc }) {
      const grpcServing = await serveGrpc({ listen: grpc, services, isReady, onUnexpected });
      const httpServing = await serveHttp(proxy.app, http).catch(async (error: unknown) => {
        await grpcServing.drain(0);
        throw error;
      });
      isOpen = true;
      return { http: httpServing, grpc: grpcServing };
    },
    close: () => resources.close(),
  };
}

function embeddingDependencies(options: StandaloneOptions): EmbeddingDependencies {
  const { encoderProvider, encoderWorkers, standInEncoderDir, standInAfterMs, environment, logger } = options;
  return {
    encoderDir: resolveReference(options.encoderDir, shipped.encoders),
    ...(encoderProvider !== undefined && { provider: encoderProvider }),
    ...(encoderWorkers !== undefined && { workers: encoderWorkers }),
    ...(standInEncoderDir && { standInDir: resolveReference(standInEncoderDir, shipped.encoders) }),
    ...(standInAfterMs !== undefined && { standInAfterMs }),
    ...limits.embedding,
    environment,
    logger,
  };
}

async function answeringBundles(quality: Client<typeof QualityService>) {
  const { slots } = await quality.listBundles({});
  return slots.flatMap(({ role, current }) =>
    role === BundleRole.SHADOW || current === undefined ? [] : [current],
  );
}
