import { serveGrpc } from "@ipr/grpc";
import { loadConfig, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createEmbedding } from "./index.ts";

const config = loadConfig("embedding", Config);

await runService("embedding", async ({ logger }) => {
  const { registrations } = await createEmbedding({ ...config, logger });
  let ready = true;
  const serving = await serveGrpc({
    listen: config.listen,
    services: registrations,
    isReady: () => ready,
    onUnexpected: (error, where) => logger.error("call_failed", { where, error }),
  });
  return {
    serving: [serving],
    stopBeingReady: () => {
      ready = false;
    },
  };
});
