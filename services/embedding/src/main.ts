import { serveGrpc } from "@ipr/grpc";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createEmbedding } from "./index.ts";

const config = loadConfig("embedding", Config);

await runService("embedding", async ({ logger, isAccepting }) => {
  const { registrations } = await createEmbedding({ ...config, logger });
  const serving = await serveGrpc({
    listen: config.listen,
    services: registrations,
    isReady: isAccepting,
    onUnexpected: logUnexpected(logger),
  });
  return { serving: [serving] };
});
