import { IprError, status } from "@ipr/errors";
import type { Client } from "@ipr/grpc";
import type { RouteResponse, Router, RouterService } from "@ipr/proto";
import type { RegistryStore, RegistryView } from "@ipr/registry";
import type { Decide, Decision, RouteRequestInit } from "../answering/decision.ts";
import { type HardConstraints, referenceOrder } from "../domain/reference-order.ts";
import { onlyServed } from "./served-candidates.ts";

export interface DeciderOptions {
  readonly router: Client<typeof RouterService>;
  readonly registry: Pick<RegistryStore, "current">;
  readonly newId: () => string;
  /** How long the policy may take; past it the reference answers. */
  readonly routeTimeoutMs: number;
  /** Told of every decision that the policy did not make. */
  readonly onDegraded: (error: IprError) => void;
}

/** What is wrong with the question, and would be wrong with any policy. */
const callersReasons: ReadonlySet<string> = new Set<IprError["reason"]>([
  "INVALID_FIELD",
  "UNKNOWN_ROUTER",
  "UNKNOWN_CANDIDATE",
  "NO_CANDIDATE_FITS",
  "TARGET_UNREACHABLE",
  "TOO_LARGE",
]);

/** Decisions by the policy service, and by the registry alone when that does not answer. */
export function createDecider(options: DeciderOptions): Decide {
  const { router, registry, newId, routeTimeoutMs, onDegraded } = options;
  return async (request, signal) => {
    try {
      const question = onlyServed(request, registry.current());
      return toDecision(await router.route(question, { timeoutMs: routeTimeoutMs, signal }));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof IprError) || callersReasons.has(error.reason)) throw error;
      onDegraded(error);
      // A new id: were the policy merely late, its own decision would claim an answer that another candidate gave.
      return referenceDecision(newId(), request, registry.current());
    }
  };
}

function toDecision(response: RouteResponse): Decision {
  return {
    id: response.decisionId,
    router: response.router,
    order: [response.model, ...response.fallbacks],
    reference: response.referenceModel,
    degraded: response.degraded,
    expectedSaving: response.expectedSaving,
    response,
  };
}

function referenceDecision(id: string, request: RouteRequestInit, registry: RegistryView): Decision {
  const router = routerOf(request.router || "default", registry);
  const allowed = request.candidates?.length ? request.candidates : router.candidates;
  const order = referenceOrder({
    reference: router.reference,
    candidates: router.candidates
      .filter((name) => allowed.includes(name))
      .map((name) => registry.candidate(name))
      .filter((candidate) => candidate !== undefined),
    constraints: [router.constraints, request.constraints].map(toHardConstraints),
  });
  if (order.length === 0) {
    throw new IprError(
      status.FAILED_PRECONDITION,
      "NO_CANDIDATE_FITS",
      `none of ${allowed.join(", ")} is a candidate of router ${router.name} that keeps the constraints`,
      { metadata: Object.fromEntries(allowed.map((name) => [name, "not allowed or does not fit"])) },
    );
  }
  return {
    id,
    router: router.name,
    order,
    reference: router.reference,
    degraded: true,
    expectedSaving: undefined,
    response: undefined,
  };
}

function routerOf(name: string, registry: RegistryView): Router {
  const router = registry.router(name);
  if (router) return router;
  const known = registry.registry.routers.map((each) => each.name).join(", ");
  throw new IprError(
    status.NOT_FOUND,
    "UNKNOWN_ROUTER",
    `no router is called ${JSON.stringify(name)}; known: ${known || "none"}`,
    { metadata: { router: name, known } },
  );
}

/** Constraints as given, where what is left out asks for nothing. */
function toHardConstraints(given: Partial<HardConstraints> = {}): HardConstraints {
  return {
    needsTools: given.needsTools ?? false,
    needsVision: given.needsVision ?? false,
    needsJsonSchema: given.needsJsonSchema ?? false,
    minContextTokens: given.minContextTokens ?? 0,
    regions: given.regions ?? [],
    residencies: given.residencies ?? [],
    allowFamilies: given.allowFamilies ?? [],
    denyFamilies: given.denyFamilies ?? [],
  };
}
