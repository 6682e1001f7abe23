import { type Registry, type Router, TrustState } from "@ipr/proto";
import { registryWarnings } from "@ipr/registry";
import type { Environment } from "@ipr/service";
import type { ShadowRouter } from "./banner.ts";

export interface StartupFacts {
  /** With the endpoints that will be used. */
  readonly registry: Registry;
  /** The candidates the bundle can estimate. */
  readonly estimable: readonly string[];
  readonly environment: Environment;
}

/** What will not work as one would think, a line each: better read at the start than found out by callers. */
export function startupWarnings({ registry, estimable, environment }: StartupFacts): string[] {
  const known = new Set(estimable);
  return [
    ...registryWarnings(registry),
    ...(registry.routers.length === 0
      ? ["the registry has no router: candidates can only be called by name"]
      : []),
    ...registry.routers.flatMap((router) => withoutEstimates(router, known)),
    ...unsetKeys(registry, environment),
  ];
}

function withoutEstimates({ name, candidates, reference }: Router, known: ReadonlySet<string>): string[] {
  const missing = candidates.filter((candidate) => !known.has(candidate));
  if (missing.length === 0) return [];
  if (missing.length === candidates.length) {
    return [
      `router ${name}: the bundle knows none of its candidates, so ${reference} answers everything, degraded`,
    ];
  }
  return [`router ${name}: the bundle does not know ${missing.join(", ")}, which will never be chosen`];
}

function unsetKeys({ candidates }: Registry, environment: Environment): string[] {
  const named = candidates.flatMap(({ endpoints }) => endpoints.map(({ apiKeyEnv }) => apiKeyEnv));
  const unset = [...new Set(named)].filter((variable) => variable !== "" && !environment[variable]);
  return unset.map(
    (variable) => `${variable} is not set, but endpoints of the registry take their key from it`,
  );
}

/** Routers whose reference answers until an operator lets their decisions serve. */
export function shadowRouters({ routers }: Registry): ShadowRouter[] {
  return routers
    .filter(({ forcedTrustState }) => forcedTrustState !== TrustState.ROUTE)
    .map(({ name, reference, forcedTrustState }) => ({
      name,
      reference,
      state: forcedTrustState === TrustState.OBSERVE ? "observe" : "cold",
    }));
}
