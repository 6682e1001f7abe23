import { loadConfig, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createStandalone } from "./create-standalone.ts";

const config = loadConfig("standalone", Config);

await runService("standalone", async ({ logger, resources, environment, isAccepting }) => {
  const standalone = resources.use(await createStandalone({ ...config, environment, logger, isAccepting }));
  const { http, grpc } = await standalone.serve({
    http: config.listenHttp,
    grpc: config.listenGrpc,
  });
  return { serving: [http, grpc] };
});
