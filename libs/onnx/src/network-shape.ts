/**
 * Sizes of a network: features -> hidden GELU units -> two numbers per candidate.
 *
 * With `linear` heads each candidate has its own on the hidden units, beside which there may be a softmax over topics.
 * With `identity` heads (arXiv 2509.06274, section 3) a candidate's identity vector joins the features, and all
 * candidates share one head.
 */
export interface NetworkShape {
  readonly features: number;
  readonly hidden: number;
  readonly candidates: number;
  readonly heads: "linear" | "identity";
  /** How many topics are told apart, at least 1; identity heads tell none apart. */
  readonly topics: number;
}

/** Length of a candidate's identity vector. */
const identityLength = 128;

/**
 * The weights, by name: the trunk; the candidates' identities and what the trunk makes of them; then the quality,
 * output-token and topic heads, one column per candidate or topic.
 */
export const parameterNames = [
  "trunk",
  "trunkBias",
  "identities",
  "identityTrunk",
  "quality",
  "qualityBias",
  "tokens",
  "tokensBias",
  "topics",
  "topicsBias",
] as const;
export type ParameterName = (typeof parameterNames)[number];

/** The network's weights, row by row; empty where its heads have none of the name. */
export type Weights = Readonly<Record<ParameterName, Float32Array>>;

/** Those that a network of this shape has, with their dimensions. */
export function parametersOf(shape: NetworkShape): ReadonlyMap<ParameterName, readonly number[]> {
  const { features, hidden, candidates, topics, heads } = shape;
  const columns = heads === "identity" ? 1 : candidates;
  const dimensions: [ParameterName, number[]][] = [
    ["trunk", [features, hidden]],
    ["trunkBias", [hidden]],
    ["quality", [hidden, columns]],
    ["qualityBias", [columns]],
    ["tokens", [hidden, columns]],
    ["tokensBias", [columns]],
  ];
  if (heads === "identity") {
    dimensions.push(
      ["identities", [candidates, identityLength]],
      ["identityTrunk", [identityLength, hidden]],
    );
  }
  if (tellsTopicsApart(shape)) dimensions.push(["topics", [hidden, topics]], ["topicsBias", [topics]]);
  return new Map(dimensions);
}

/** One topic is no choice: such a network has no topic heads. */
export function tellsTopicsApart({ topics, heads }: NetworkShape): boolean {
  return topics > 1 && heads === "linear";
}
