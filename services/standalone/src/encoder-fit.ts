import { IprError, status } from "@ipr/errors";

/**
 * Refuses to start when vectors of an encoder have no bundle that was trained with it: every decision would be degraded.
 *
 * @param encoders the ids whose vectors will come, that of the stand-in last.
 * @param bundles the bundles that answer, with the encoder each needs.
 */
export function refuseMisfit(
  encoders: readonly string[],
  bundles: readonly { readonly bundle: string; readonly encoder: string }[],
): void {
  const [main] = encoders;
  const alone = encoders.find((id) => bundles.every(({ encoder }) => encoder !== id));
  if (alone === undefined) return;
  const known = bundles.map(({ bundle, encoder }) => `bundle ${bundle} needs ${encoder}`).join(", ");
  const isMain = alone === main;
  const cure = isMain
    ? "give the encoder that the bundle was trained with (--encoder), or a bundle of this encoder (--bundle)"
    : "give a bundle that was trained with the stand-in (--stand-in-bundle)";
  const message = `${isMain ? "the encoder" : "the stand-in encoder"} is ${alone}, but ${known}: ${cure}`;
  throw new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, {
    metadata: { expected: bundles.map(({ encoder }) => encoder).join(","), actual: alone },
  });
}
