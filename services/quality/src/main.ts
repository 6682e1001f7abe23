import { createNatsBus, logNotice } from "@ipr/events";
import { serveGrpc } from "@ipr/grpc";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createQuality } from "./index.ts";

const config = loadConfig("quality", Config);

await runService("quality", async ({ logger, resources, isAccepting }) => {
  const bus = resources.use(
    createNatsBus({
      servers: [config.natsUrl],
      name: "quality",
      onNotice: (notice) => logNotice(logger, notice),
    }),
  );
  const { registrations } = resources.use(await createQuality({ ...config, bus, logger }));
  const serving = await serveGrpc({
    listen: config.listen,
    services: registrations,
    isReady: isAccepting,
    onUnexpected: logUnexpected(logger),
  });
  return { serving: [serving] };
});
