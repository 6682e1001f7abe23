import { serveGrpc } from "@ipr/grpc";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createEmbedding } from "./index.ts";

const config = loadConfig("embedding", Config);

await runService("embedding", async ({ logger, resources, environment, isAccepting }) => {
  const embedding = resources.use(await createEmbedding({ ...config, environment, logger }));
  const serving = await serveGrpc({
    listen: config.listen,
    services: embedding.registrations,
    isReady: () => isAccepting() && embedding.isWorking(),
    onUnexpected: logUnexpected(logger),
  });
  return { serving: [serving] };
});
