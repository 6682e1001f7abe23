import { invalidField } from "@ipr/errors";
import type { Registry, Router } from "@ipr/proto";
import type { Means } from "./sample.ts";

/** `--router`: its pool and its reference are those to evaluate. */
export function routerNamed(
  name: string,
  {
    registry,
    pool,
  }: { readonly registry: Registry | undefined; readonly pool: readonly string[] | undefined },
): Router {
  if (registry === undefined)
    throw invalidField("router", "needs the registry it is in: give --prices FILE (a registry.yaml)");
  if (pool !== undefined)
    throw invalidField("router", "brings its own pool: give --router or --pool, not both");
  const router = registry.routers.find((known) => known.name === name);
  if (router !== undefined) return router;
  const known = registry.routers.map((other) => other.name).join(", ");
  throw invalidField("router", `is ${JSON.stringify(name)}, but the registry has ${known || "no router"}`);
}

/** The first router that has exactly these candidates, in whatever order. */
export function routerOfPool(
  registry: Registry | undefined,
  candidates: readonly string[],
): Router | undefined {
  const wanted = new Set(candidates);
  return registry?.routers.find((router) => {
    const own = new Set(router.candidates);
    return own.size === wanted.size && wanted.isSubsetOf(own);
  });
}

export interface ChosenReference {
  readonly reference: string;
  /** Where it comes from, in words. */
  readonly origin: string;
  readonly notes: readonly string[];
}

/**
 * The router's reference, or else the candidate of best mean quality. A reference that is not better than the cheapest
 * candidate leaves nothing to trade cost for: then it is the best one too, and a note says so.
 */
export function chooseReference(
  { quality, cheapest, reference }: Means,
  candidates: readonly string[],
  router: Router | undefined,
): ChosenReference {
  const best = { reference: candidates[reference]!, origin: "best mean quality", notes: [] };
  if (router === undefined) return best;
  const isWorthIt = quality[candidates.indexOf(router.reference)]! > quality[cheapest]!;
  if (isWorthIt) return { reference: router.reference, origin: `of router ${router.name}`, notes: [] };
  const note =
    `the reference of router ${router.name}, ${router.reference}, is on average not better than the cheapest candidate, ` +
    `${candidates[cheapest]}: the best one is taken instead`;
  return { ...best, notes: [note] };
}
