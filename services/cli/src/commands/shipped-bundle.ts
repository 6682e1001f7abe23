import { resolveReference } from "@ipr/encoders";
import { shipped } from "@ipr/standalone";

/** The shipped bundle that was trained with an encoder; for one that is not shipped the default, which will not fit it. */
export function shippedBundleOf(encoder: string | undefined): string {
  return isMinilm(encoder) ? shipped.bundles.minilm : shipped.bundleDir;
}

/** A transformer may be late: with the shipped one the shipped table stands in, if nobody says otherwise. */
export function shippedStandIn(
  encoder: string,
): { readonly encoder: string; readonly bundle: string } | undefined {
  return isMinilm(encoder) ? { encoder: shipped.encoderDir, bundle: shipped.bundleDir } : undefined;
}

function isMinilm(encoder: string | undefined): boolean {
  const directory = encoder && resolveReference(encoder, shipped.encoders);
  return directory?.replace(/@sha256:.*$/, "") === shipped.encoders.minilm;
}
