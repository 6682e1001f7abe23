/**
 * Where the bundle of one role comes from. The directory adapter is one; a pointer in a key-value store would be another,
 * which fetches what it points at into a directory.
 */
export interface BundleSource {
  /** Where it is, for people. */
  readonly location: string;
  /** What the source has at this moment. Never rejects: a bundle that cannot be read is found out by loading it. */
  find(): Promise<FoundBundle>;
}

export interface FoundBundle {
  readonly path: string;
  /** Equal for equal bundles, different for different ones. */
  readonly fingerprint: string;
}
