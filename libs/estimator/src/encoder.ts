/** Turns a text into a vector. The same text gives the same vector, whatever was encoded before. */
export interface Encoder {
  /** `<reference>@sha256:<digest of the weights>`: a bundle is only good for the encoder it was trained with. */
  readonly id: string;
  readonly dimension: number;
  /** How many tokens of a text it reads. */
  readonly maxTokens: number;
  /** A vector of unit length, or all zero for a text without a known token. */
  encode(text: string): Promise<Float32Array>;
}
