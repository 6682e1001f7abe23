import type { Encoder } from "@ipr/estimator";

/** The same encoder, which encodes each text once however often it is asked: an evaluation reads a prompt several times. */
export function rememberingEncoder(encoder: Encoder): Encoder {
  const known = new Map<string, Promise<Float32Array>>();
  return {
    ...encoder,
    // A signal would end the encoding of others who wait for it, so none is passed on.
    encode(text) {
      let vector = known.get(text);
      if (vector === undefined) {
        vector = encoder.encode(text);
        known.set(text, vector);
      }
      return vector;
    },
  };
}
