import { createNatsBus, logNotice } from "@ipr/events";
import { connect, serveGrpc } from "@ipr/grpc";
import { EmbeddingService, QualityService } from "@ipr/proto";
import { logRegistryNotice, openRegistry, readRegistry, registryWarnings } from "@ipr/registry";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { logRegistryWarnings } from "./events.ts";
import { createPolicy } from "./index.ts";

const config = loadConfig("policy", Config);

await runService("policy", async ({ logger, resources, isAccepting }) => {
  const { listen, registryFile, estimateTimeoutMs: timeoutMs } = config;
  const seed = registryFile && (await readRegistry(registryFile));
  if (seed) logRegistryWarnings(logger, registryWarnings(seed));
  const bus = resources.use(
    createNatsBus({
      servers: [config.natsUrl],
      name: "policy",
      onNotice: (notice) => logNotice(logger, notice),
    }),
  );
  const registry = resources.use(
    await openRegistry(bus, {
      ...(seed && { seed }),
      onNotice: (notice) => logRegistryNotice(logger, notice),
    }),
  );
  const embedding = resources.use(connect({ name: "embedding", target: config.embeddingTarget, timeoutMs }));
  const quality = resources.use(connect({ name: "quality", target: config.qualityTarget, timeoutMs }));
  const policy = resources.use(
    createPolicy({
      ...config,
      bus,
      registry,
      embedding: embedding.client(EmbeddingService),
      quality: quality.client(QualityService),
      streamed: true,
      logger,
    }),
  );
  const serving = await serveGrpc({
    listen,
    services: policy.registrations,
    isReady: () => isAccepting() && registry.isLoaded(),
    onUnexpected: logUnexpected(logger),
  });
  return { serving: [serving] };
});
