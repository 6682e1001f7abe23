import { IprError, invalidField, status } from "@ipr/errors";
import { multiplexed, register, type Registration, type UnexpectedErrorSink } from "@ipr/grpc";
import { BundleRole, type PredictRequest, QualityService } from "@ipr/proto";
import type { Bundles } from "../bundles.ts";
import { recalibrate } from "../domain/recalibrate.ts";
import type { QualityEvents } from "../events.ts";
import type { LoadedBundle } from "../loaded-bundle.ts";
import type { Shadow } from "../shadow.ts";
import { toBundleSlot, toComparison, toGetBundleResponse } from "./to-proto.ts";

export interface Dependencies {
  readonly bundles: Bundles;
  readonly shadow: Shadow;
  readonly events: QualityEvents;
  readonly onUnexpected: UnexpectedErrorSink;
}

/** QualityService over the bundles that are loaded when a call comes. */
export function qualityService({ bundles, shadow, events, onUnexpected }: Dependencies): Registration {
  // From the choice of the bundle to the answer nothing is awaited: a bundle that is replaced meanwhile replaces nothing here.
  const predict = async (request: PredictRequest) => {
    const { text, candidates } = request;
    const bundle = bundleFor(request, bundles);
    const { dimension } = bundle.encoder;
    if (request.embedding.length !== dimension) {
      throw invalidField("embedding", `has ${request.embedding.length} numbers, must have ${dimension}`);
    }
    const embedding = Float32Array.from(request.embedding);
    const live = bundle.calibration();
    const estimates = bundle.predictor
      .predict({ text, embedding, ...(candidates.length > 0 && { candidates }) })
      .map((estimate) => recalibrate(estimate, live));
    events.promptEstimated();
    if (request.bundle === undefined) shadow.offer({ text, embedding, served: bundle, estimates });
    return { bundle: bundle.id, calibration: live.revision, estimates };
  };

  return register(QualityService, {
    predict,
    predictStream: multiplexed(QualityService.method.predict, predict, onUnexpected),
    getBundle: async ({ bundle }) =>
      toGetBundleResponse(bundle === undefined ? bundles.active() : named(bundle, bundles)),
    listBundles: async () => {
      const state = shadow.state();
      return { slots: bundles.slots.map(toBundleSlot), ...(state && { comparison: toComparison(state) }) };
    },
    async reloadBundles() {
      await bundles.reload();
      return { slots: bundles.slots.map(toBundleSlot) };
    },
    async rollBackBundle({ role }) {
      const slot = await bundles.rollBack(role === BundleRole.STAND_IN ? "stand_in" : "active");
      return { slot: toBundleSlot(slot) };
    },
  });
}

function bundleFor({ bundle: id, encoder }: PredictRequest, bundles: Bundles): LoadedBundle {
  if (id === undefined) {
    const serving = bundles.serving(encoder);
    if (serving === undefined) throw wrongEncoder(bundles.encoders(), encoder);
    return serving;
  }
  const bundle = named(id, bundles);
  if (bundle.encoder.id !== encoder) throw wrongEncoder([bundle.encoder.id], encoder);
  return bundle;
}

function named(id: string, bundles: Bundles): LoadedBundle {
  const bundle = bundles.named(id);
  if (bundle !== undefined) return bundle;
  const known = bundles.ids().join(",");
  throw new IprError(status.NOT_FOUND, "UNKNOWN_BUNDLE", `bundle ${id} is not loaded; loaded are ${known}`, {
    metadata: { bundle: id, known },
  });
}

function wrongEncoder(served: readonly string[], actual: string): IprError {
  const expected = served.join(",");
  const message = `the embedding is from ${actual}, but the bundle was trained with ${expected}`;
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, {
    metadata: { expected, actual },
  });
}
