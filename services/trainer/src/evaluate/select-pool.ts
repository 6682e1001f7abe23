import { invalidField } from "@ipr/errors";
import { maxCandidates } from "@ipr/evaluation";
import type { Exclusion } from "./evaluation.ts";

export interface PoolSources {
  /** Candidates the bundle estimates, in its order. */
  readonly bundle: readonly string[];
  /** Candidates with at least one label in the data. */
  readonly labelled: ReadonlySet<string>;
  readonly priced: ReadonlySet<string>;
  /** Whether the user named the prices: then routing is wanted, and a missing price is a mistake. */
  readonly arePricesNamed: boolean;
  /** `--pool`: only these. */
  readonly wanted: readonly string[] | undefined;
}

export interface Pool {
  readonly candidates: readonly string[];
  readonly leftOut: readonly Exclusion[];
  /** Why the candidates cannot be routed between, though their estimates can be measured; undefined where they can. */
  readonly notRouted: string | undefined;
}

const noPrice = "it has no price";
const priceHint = "give --prices FILE (a registry.yaml or .meta.json)";

/**
 * The candidates that can be evaluated: in the bundle, labelled and priced. The others are left out by name, unless
 * they were asked for: then it is an error. Where nobody named prices and there are none, or where there are too many
 * candidates for a pool and nobody chose, the estimates are measured and routing is not.
 */
export function selectPool(sources: PoolSources): Pool {
  const { bundle, labelled, wanted } = sources;
  if (wanted !== undefined && new Set(wanted).size < 2)
    throw invalidField("pool", `a pool needs at least 2 candidates, not only ${wanted[0] ?? "none"}`);
  const estimable = (wanted ?? bundle).filter((name) => bundle.includes(name) && labelled.has(name));
  const unpriced = estimable.filter((name) => !sources.priced.has(name));
  const isWithoutPrices = !sources.arePricesNamed && estimable.length - unpriced.length < 2;
  const hasPair = estimable.length >= 2;
  if (!isWithoutPrices || !hasPair) return pricedPool(sources);
  const { candidates, leftOut } = pricedPool({ ...sources, priced: new Set(estimable) });
  return { candidates, leftOut, notRouted: `no price of ${unpriced.join(", ")}: ${priceHint}` };
}

function pricedPool({ bundle, labelled, priced, wanted }: PoolSources): Pool {
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
  if (candidates.length <= maxCandidates) return { candidates, leftOut, notRouted: undefined };
  const problem = `${candidates.length} candidates, but a pool holds at most ${maxCandidates}; name fewer with --pool`;
  if (wanted !== undefined) throw invalidField("pool", problem);
  return { candidates, leftOut, notRouted: problem };
}
