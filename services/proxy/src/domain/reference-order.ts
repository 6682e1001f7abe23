/** What is known of a candidate, as far as a hard constraint can ask for it. */
export interface CandidateFacts {
  readonly name: string;
  readonly family: string;
  readonly regions: readonly string[];
  readonly residencies: readonly string[];
  readonly limits?: { readonly contextTokens: number } | undefined;
  readonly capabilities?:
    | { readonly tools: boolean; readonly vision: boolean; readonly jsonSchema: boolean }
    | undefined;
}

/** The constraints that can be checked without an estimate of tokens, cost or latency. */
export interface HardConstraints {
  readonly needsTools: boolean;
  readonly needsVision: boolean;
  readonly needsJsonSchema: boolean;
  readonly minContextTokens: number;
  readonly regions: readonly string[];
  readonly residencies: readonly string[];
  readonly allowFamilies: readonly string[];
  readonly denyFamilies: readonly string[];
}

/**
 * Whom to call, in order, when there is no decision: the router's reference, then those of its other candidates that
 * keep every constraint. The reference stands first because whoever configured the router vouches for it; for the
 * others nobody has, and data that must stay in a place must not leave it because a service is down.
 */
export function referenceOrder(options: {
  readonly reference: string;
  /** The router's candidates, or those of them that the caller allows. */
  readonly candidates: readonly CandidateFacts[];
  /** The router's constraints and the request's. */
  readonly constraints: readonly HardConstraints[];
}): string[] {
  const { reference, candidates, constraints } = options;
  const first = candidates.filter(({ name }) => name === reference);
  const others = candidates.filter(
    (candidate) => candidate.name !== reference && constraints.every((each) => keeps(candidate, each)),
  );
  return [...first, ...others].map(({ name }) => name);
}

function keeps(candidate: CandidateFacts, constraints: HardConstraints): boolean {
  const { capabilities } = candidate;
  const contextTokens = candidate.limits?.contextTokens ?? 0;
  return (
    (!constraints.needsTools || capabilities?.tools === true) &&
    (!constraints.needsVision || capabilities?.vision === true) &&
    (!constraints.needsJsonSchema || capabilities?.jsonSchema === true) &&
    // Zero is an unknown limit, which excludes nothing.
    (contextTokens === 0 || contextTokens >= constraints.minContextTokens) &&
    meets(constraints.regions, candidate.regions) &&
    meets(constraints.residencies, candidate.residencies) &&
    meets(constraints.allowFamilies, [candidate.family]) &&
    !constraints.denyFamilies.includes(candidate.family)
  );
}

/** No demand is met by anything; a demand by one of what is offered. */
function meets(demanded: readonly string[], offered: readonly string[]): boolean {
  return demanded.length === 0 || offered.some((item) => demanded.includes(item));
}
