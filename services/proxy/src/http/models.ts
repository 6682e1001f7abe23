import { IprError, status } from "@ipr/errors";
import type { Candidate } from "@ipr/proto";
import type { RegistryStore, RegistryView } from "@ipr/registry";
import { type HttpHandler, sendJson } from "./endpoint.ts";

/** What routers are called on this wire. */
export const routerPrefix = "ipr/";
/** As many names as an error lists. */
const maxListedNames = 50;

type Registry = Pick<RegistryStore, "current">;

/** GET /v1/models: every router as `ipr/<name>`, then every candidate. */
export function listModels(registry: Registry): HttpHandler {
  return async (_request, response) => {
    sendJson(response, 200, { object: "list", data: modelsOf(registry.current()) });
  };
}

/** GET /v1/models/{id}. Ids hold slashes, so the path's rest is the id. */
export function getModel(registry: Registry): HttpHandler {
  return async (request, response) => {
    const parts = request.params["id"];
    const id = Array.isArray(parts) ? parts.join("/") : String(parts);
    const view = registry.current();
    const model = modelsOf(view).find((each) => each.id === id);
    if (!model) throw unknownModel(id, view);
    sendJson(response, 200, model);
  };
}

/** The candidate that a caller named. */
export function candidateNamed(name: string, view: RegistryView): Candidate {
  const candidate = view.candidate(name);
  if (!candidate) throw unknownModel(name, view);
  return candidate;
}

function modelsOf({ registry }: RegistryView) {
  const created = Number(registry.updatedAt?.seconds ?? 0n);
  const model = (id: string, ownedBy: string) => ({ id, object: "model", created, owned_by: ownedBy });
  return [
    ...registry.routers.map(({ name }) => model(routerPrefix + name, "ipr")),
    ...registry.candidates.map(({ name, family }) => model(name, family || "unknown")),
  ];
}

function unknownModel(name: string, view: RegistryView): IprError {
  const ids = modelsOf(view).map(({ id }) => id);
  const more = ids.length > maxListedNames ? ` and ${ids.length - maxListedNames} more` : "";
  const known = ids.slice(0, maxListedNames).join(", ") + more;
  return new IprError(
    status.NOT_FOUND,
    "UNKNOWN_CANDIDATE",
    `model ${JSON.stringify(name.slice(0, 128))} is neither a router nor a candidate; known: ${known || "none"}`,
    { metadata: { candidate: name.slice(0, 128), known } },
  );
}
