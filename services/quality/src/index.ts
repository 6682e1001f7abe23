import type { EventBus } from "@ipr/events";
import type { Registration } from "@ipr/grpc";
import { type Logger, logUnexpected } from "@ipr/service";
import { bundleDirectory } from "./adapters/bundle-directory.ts";
import { type Bundles, openBundles } from "./bundles.ts";
import { createEvents } from "./events.ts";
import { qualityService } from "./rpc/quality-service.ts";
import { createShadow } from "./shadow.ts";

export interface QualityDependencies {
  /** Directory of the bundle, as `ipr train` writes it, or a link to one. */
  readonly bundleDir: string;
  /** The same of the bundle that answers the embeddings of another encoder; empty when there is none. */
  readonly standInBundleDir?: string;
  /** The same of the bundle that is compared with the one that answers; empty when there is none. */
  readonly shadowBundleDir?: string;
  /** Share of the prompts that is compared, 0 to 1. */
  readonly shadowShare: number;
  /** Pause between two looks at the directories. */
  readonly bundlePollMs: number;
  readonly bus: EventBus;
  readonly logger: Logger;
}

export interface Quality {
  readonly registrations: readonly Registration[];
  /** The bundle that is active at this moment. */
  active(): { readonly bundle: string; readonly candidates: readonly string[] };
  close(): Promise<void>;
}

/**
 * Loads and warms the bundles, follows their directories and calibrations, and serves them. A published calibration is
 * live when it resolves, unless the bus takes seconds to tell.
 */
export async function createQuality(dependencies: QualityDependencies): Promise<Quality> {
  const { bus, logger, bundlePollMs, shadowShare } = dependencies;
  const events = createEvents(logger);
  const bundles = await openBundles({ sources: sourcesOf(dependencies), pollMs: bundlePollMs, bus, events });
  const shadow = createShadow({
    share: shadowShare,
    random: Math.random,
    bundle: () => bundles.slots.find(({ role }) => role === "shadow")?.current,
    events,
  });
  return {
    registrations: [qualityService({ bundles, shadow, events, onUnexpected: logUnexpected(logger) })],
    active: () => activeOf(bundles),
    async close() {
      shadow.close();
      await bundles.close();
    },
  };
}

function sourcesOf({ bundleDir, standInBundleDir, shadowBundleDir }: QualityDependencies) {
  return {
    active: bundleDirectory(bundleDir),
    ...(standInBundleDir && { standIn: bundleDirectory(standInBundleDir) }),
    ...(shadowBundleDir && { shadow: bundleDirectory(shadowBundleDir) }),
  };
}

function activeOf(bundles: Bundles) {
  const { id, predictor } = bundles.active();
  return { bundle: id, candidates: predictor.candidates };
}
