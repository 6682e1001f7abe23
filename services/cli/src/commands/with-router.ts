import type { Client } from "@ipr/grpc";
import type { RouterService } from "@ipr/proto";
import { type Environment, processLogger } from "@ipr/service";
import { createStandalone, shipped, type Standalone } from "@ipr/standalone";
import { shippedBundleOf } from "./shipped-bundle.ts";

export type RouterClient = Client<typeof RouterService>;

/** Estimates of a router made for one command may be this late: its first ones are still being compiled. */
const estimateTimeoutMs = 5_000;

/** Runs `work` with a router in this process that listens nowhere and keeps nothing. */
export async function withRouter<T>(
  environment: Environment,
  files: {
    readonly bundle?: string | undefined;
    readonly encoder?: string | undefined;
    readonly registry?: string | undefined;
  },
  work: (router: RouterClient, facts: Standalone["facts"]) => Promise<T>,
): Promise<T> {
  const standalone = await createStandalone({
    bundleDir: files.bundle ?? shippedBundleOf(files.encoder),
    encoderDir: files.encoder ?? shipped.encoderDir,
    registryFile: files.registry ?? shipped.registryFile,
    stateDir: undefined,
    estimateTimeoutMs,
    environment,
    logger: processLogger("cli", "error"),
    isAccepting: () => true,
  });
  try {
    return await work(standalone.router, standalone.facts);
  } finally {
    await standalone.close();
  }
}
