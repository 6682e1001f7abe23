import { invalidField } from "@ipr/errors";
import { maxCandidates } from "@ipr/evaluation";
import type { Exclusion } from "./evaluation.ts";

export interface PoolSources {
  /** Candidates the bundle estimates, in its order. */
  readonly bundle: readonly string[];
  /** Candidates with at least one label in the data. */
  readonly labelled: ReadonlySet<string>;
  readonly priced: ReadonlySet<string>;
  /** `--pool`: only these. */
  readonly wanted: readonly string[] | undefined;
}

export interface Pool {
  readonly candidates: readonly string[];
  readonly leftOut: readonly Exclusion[];
}

const noPrice = "it has no price";
const priceHint = "give --prices FILE (a registry.yaml or .meta.json)";

/**
 * The candidates that can be evaluated: in the bundle, labelled and priced. The others are left out by name, unless
 * they were asked for: then it is an error.
 */
export function selectPool({ bundle, labelled, priced, wanted }: PoolSources): Pool {
  const known = new Set(bundle);
  const obstacle = (name: string): string | undefined => {
    if (!known.has(name)) return "the bundle does not know it";
    if (!labelled.has(name)) return "the data have no label of it";
    return priced.has(name) ? undefined : noPrice;
  };
  for (const name of wanted ?? []) {
    const reason = obstacle(name);
    if (reason !== undefined) {
      const possible = bundle.filter((candidate) => obstacle(candidate) === undefined).join(", ");
      const hint = reason === noPrice ? `; ${priceHint}` : "";
      throw invalidField(
        "pool",
        `${name} cannot be evaluated: ${reason}. Possible: ${possible || "none"}${hint}`,
      );
    }
  }
  const names = wanted === undefined ? [...new Set([...bundle, ...labelled])] : [...new Set(wanted)];
  const candidates = names.filter((name) => obstacle(name) === undefined);
  const leftOut = names.flatMap((name) => {
    const reason = obstacle(name);
    return reason === undefined ? [] : [{ name, reason }];
  });
  if (candidates.length < 2) {
    const reasons = leftOut.map(({ name, reason }) => `${name} (${reason})`).join(", ");
    const hint = leftOut.some(({ reason }) => reason === noPrice) ? `; ${priceHint}` : "";
    throw invalidField(
      "pool",
      `${candidates.length} candidates can be evaluated, but routing needs 2. Left out: ${reasons || "none"}${hint}`,
    );
  }
  if (candidates.length > maxCandidates) {
    throw invalidField(
      "pool",
      `${candidates.length} candidates, but at most ${maxCandidates}; name fewer with --pool`,
    );
  }
  return { candidates, leftOut };
}
