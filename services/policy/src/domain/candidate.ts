/** What of a candidate matters for a decision. The registry's message has this shape. */
export interface Candidate {
  readonly name: string;
  readonly family: string;
  readonly endpoints: readonly { readonly name: string }[];
  readonly price?: Price | undefined;
  readonly limits?: Limits | undefined;
  readonly capabilities?: Capabilities | undefined;
  readonly regions: readonly string[];
  readonly residencies: readonly string[];
  readonly charactersPerToken?: number | undefined;
  readonly firstTokenP95Ms?: number | undefined;
  readonly expectedOutputTokens?: number | undefined;
}

export interface Price {
  readonly inputUsdPerMtok: number;
  /** The input price when the provider lists none. */
  readonly cachedInputUsdPerMtok?: number | undefined;
  readonly outputUsdPerMtok: number;
}

/** Zero is unknown, and excludes nothing. */
export interface Limits {
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
}

export interface Capabilities {
  readonly tools: boolean;
  readonly vision: boolean;
  readonly jsonSchema: boolean;
}

/** What excludes a candidate whatever its quality. */
export interface Constraints {
  readonly needsTools: boolean;
  readonly needsVision: boolean;
  readonly needsJsonSchema: boolean;
  readonly minContextTokens: number;
  /** Any of them will do; empty asks nothing. The same for the lists below. */
  readonly regions: readonly string[];
  readonly residencies: readonly string[];
  readonly allowFamilies: readonly string[];
  readonly denyFamilies: readonly string[];
  readonly maxFirstTokenMs?: number | undefined;
  readonly maxCostUsd?: number | undefined;
}

/** What the estimator says about a candidate for this prompt. */
export interface Estimate {
  readonly quality: number;
  readonly qualityLow: number;
  readonly qualityHigh: number;
  readonly logit: number;
  readonly outputTokens?: number | undefined;
  /** True when it is a mean over too few labels, whatever the prompt: nothing is chosen by it. */
  readonly tooFewLabels?: boolean | undefined;
}
