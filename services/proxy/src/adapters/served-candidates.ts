import { IprError, status } from "@ipr/errors";
import type { RegistryView } from "@ipr/registry";
import type { RouteRequestInit } from "../answering/decision.ts";

/**
 * Restricts a question to the candidates this proxy can call. Which those are only the proxy knows: an endpoint may come
 * from the environment that holds its key, which policy does not have. Names nobody knows stay, for policy to refuse.
 */
export function onlyServed(request: RouteRequestInit, registry: RegistryView): RouteRequestInit {
  const router = registry.router(request.router || "default");
  if (!router) return request;
  const asked = request.candidates?.length ? request.candidates : router.candidates;
  const served = asked.filter((name) => registry.candidate(name)?.endpoints.length !== 0);
  if (served.length === asked.length) return request;
  if (served.length > 0) return { ...request, candidates: served };
  throw new IprError(
    status.FAILED_PRECONDITION,
    "NO_CANDIDATE_FITS",
    `no provider is configured for any of ${asked.join(", ")}: give them endpoints in the registry, or set a provider's key`,
    { metadata: Object.fromEntries(asked.map((name) => [name, "no endpoint"])) },
  );
}
