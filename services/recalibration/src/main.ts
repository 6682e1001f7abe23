import { createNatsBus, logNotice } from "@ipr/events";
import { serveGrpc } from "@ipr/grpc";
import { loadConfig, logUnexpected, runService } from "@ipr/service";
import { Config } from "./config.ts";
import { createRecalibration } from "./index.ts";

const config = loadConfig("recalibration", Config);

await runService("recalibration", async ({ logger, resources, isAccepting }) => {
  const bus = resources.use(
    createNatsBus({
      servers: [config.natsUrl],
      name: "recalibration",
      onNotice: (notice) => logNotice(logger, notice),
    }),
  );
  const { stateDir, publishIntervalMs } = config;
  const { registrations } = resources.use(createRecalibration({ bus, logger, stateDir, publishIntervalMs }));
  const serving = await serveGrpc({
    listen: config.listen,
    services: registrations,
    isReady: () => isAccepting() && bus.isReady(),
    onUnexpected: logUnexpected(logger),
  });
  return { serving: [serving] };
});
