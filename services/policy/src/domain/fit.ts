import type { Candidate, Constraints } from "./candidate.ts";
import type { Cost, Tokens } from "./cost.ts";

/** Why a candidate cannot be chosen, for a machine. */
export type ExclusionCode =
  | "below_threshold"
  | "no_estimate"
  | "too_few_labels"
  | "unknown_price"
  | "context"
  | "capability"
  | "place"
  | "family"
  | "latency"
  | "cost";

export interface Exclusion {
  readonly code: ExclusionCode;
  /** The same for a person: what is asked and what the candidate has. */
  readonly reason: string;
}

export interface Fit {
  readonly candidate: Candidate;
  readonly tokens: Tokens;
  readonly cost: Cost | undefined;
}

/** The first hard constraint the candidate breaks, or nothing when it fits. Every set of constraints must hold. */
export function whyUnfit(fit: Fit, constraints: readonly Constraints[]): Exclusion | undefined {
  const own = exceedsLimits(fit);
  if (own) return own;
  for (const set of constraints) {
    for (const check of checks) {
      const exclusion = check(fit, set);
      if (exclusion) return exclusion;
    }
  }
  return undefined;
}

type Check = (fit: Fit, constraints: Constraints) => Exclusion | undefined;

const checks: readonly Check[] = [hasCapabilities, hasContext, isInPlace, isInFamily, isQuick, isCheap];

function exceedsLimits({ candidate: { limits }, tokens }: Fit): Exclusion | undefined {
  if (!limits) return undefined;
  const input = Math.ceil(tokens.input);
  const output = Math.ceil(tokens.output ?? 0);
  const { contextTokens, maxOutputTokens } = limits;
  if (contextTokens > 0 && input + output > contextTokens) {
    return excluded(
      "context",
      `holds ${contextTokens} tokens, but about ${input} in and ${output} out are expected`,
    );
  }
  if (maxOutputTokens > 0 && output > maxOutputTokens) {
    return excluded(
      "context",
      `answers with at most ${maxOutputTokens} tokens, but about ${output} are expected`,
    );
  }
  return undefined;
}

function hasCapabilities(
  { candidate: { capabilities } }: Fit,
  constraints: Constraints,
): Exclusion | undefined {
  const lacking: string[] = [];
  if (constraints.needsTools && !capabilities?.tools) lacking.push("tools");
  if (constraints.needsVision && !capabilities?.vision) lacking.push("vision");
  if (constraints.needsJsonSchema && !capabilities?.jsonSchema) lacking.push("JSON schema");
  return lacking.length === 0 ? undefined : excluded("capability", `lacks ${lacking.join(" and ")}`);
}

function hasContext(
  { candidate: { limits } }: Fit,
  { minContextTokens }: Constraints,
): Exclusion | undefined {
  const contextTokens = limits?.contextTokens ?? 0;
  if (contextTokens === 0 || contextTokens >= minContextTokens) return undefined;
  return excluded("context", `holds ${contextTokens} tokens, but ${minContextTokens} are asked for`);
}

function isInPlace({ candidate }: Fit, { regions, residencies }: Constraints): Exclusion | undefined {
  if (!meets(candidate.regions, regions)) {
    return excluded(
      "place",
      `is served in ${list(candidate.regions)}, but ${regions.join(" or ")} is asked for`,
    );
  }
  if (!meets(candidate.residencies, residencies)) {
    const where = list(candidate.residencies);
    return excluded("place", `keeps data in ${where}, but ${residencies.join(" or ")} is asked for`);
  }
  return undefined;
}

function isInFamily({ candidate: { family } }: Fit, constraints: Constraints): Exclusion | undefined {
  const { allowFamilies, denyFamilies } = constraints;
  if (denyFamilies.includes(family)) return excluded("family", `its family ${family} is denied`);
  if (allowFamilies.length === 0 || allowFamilies.includes(family)) return undefined;
  return excluded("family", `its family ${family || "(unknown)"} is not among ${allowFamilies.join(", ")}`);
}

function isQuick({ candidate }: Fit, { maxFirstTokenMs }: Constraints): Exclusion | undefined {
  if (maxFirstTokenMs === undefined) return undefined;
  const { firstTokenP95Ms } = candidate;
  if (firstTokenP95Ms === undefined) return excluded("latency", "its time to the first token is unknown");
  if (firstTokenP95Ms <= maxFirstTokenMs) return undefined;
  return excluded(
    "latency",
    `its first token takes ${firstTokenP95Ms} ms, but at most ${maxFirstTokenMs} are allowed`,
  );
}

function isCheap({ cost }: Fit, { maxCostUsd }: Constraints): Exclusion | undefined {
  if (maxCostUsd === undefined) return undefined;
  if (cost === undefined)
    return excluded("cost", `its cost is unknown, but at most ${maxCostUsd} USD are allowed`);
  if (cost.totalUsd <= maxCostUsd) return undefined;
  const totalUsd = cost.totalUsd.toPrecision(3);
  return excluded("cost", `is expected to cost ${totalUsd} USD, but at most ${maxCostUsd} are allowed`);
}

function excluded(code: ExclusionCode, reason: string): Exclusion {
  return { code, reason };
}

function meets(has: readonly string[], asked: readonly string[]): boolean {
  return asked.length === 0 || asked.some((place) => has.includes(place));
}

function list(places: readonly string[]): string {
  return places.length === 0 ? "places unknown" : places.join(", ");
}
