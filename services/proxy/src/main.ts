import { randomUUIDv7 } from "node:crypto";
import { createNatsBus, logNotice } from "@ipr/events";
import { connect, serveGrpc } from "@ipr/grpc";
import { FeedbackService, RouterService } from "@ipr/proto";
import { logRegistryNotice, openRegistry, resolveEndpoints } from "@ipr/registry";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createProxy, serveHttp } from "./index.ts";

const config = loadConfig("proxy", Config);

await runService("proxy", async ({ logger, resources, environment, isAccepting }) => {
  const { listenHttp, listenGrpc, policyTarget, natsUrl, ...settings } = config;
  const bus = resources.use(
    createNatsBus({ servers: [natsUrl], name: "proxy", onNotice: (notice) => logNotice(logger, notice) }),
  );
  const registry = resources.use(
    await openRegistry(bus, {
      resolve: (stored) => resolveEndpoints(stored, environment).registry,
      onNotice: (notice) => logRegistryNotice(logger, notice),
    }),
  );
  const policy = resources.use(
    connect({ name: "policy", target: policyTarget, timeoutMs: settings.routeTimeoutMs }),
  );
  const proxy = resources.use(
    createProxy({
      router: policy.client(RouterService),
      feedback: policy.client(FeedbackService),
      registry,
      bus,
      environment,
      logger,
      clock: Date,
      newId: randomUUIDv7,
      settings,
      isAccepting,
    }),
  );
  const grpc = await serveGrpc({
    listen: listenGrpc,
    services: proxy.registrations,
    isReady: () => isAccepting() && registry.isLoaded(),
    onUnexpected: logUnexpected(logger),
  });
  const http = await serveHttp(proxy.app, listenHttp).catch(async (error: unknown) => {
    await grpc.drain(0);
    throw error;
  });
  return { serving: [http, grpc] };
});
