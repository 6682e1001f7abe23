import { IprError, status } from "@ipr/errors";
import { register, type Registration } from "@ipr/grpc";
import { type Candidate, type Registry, RegistryService, type Router } from "@ipr/proto";
import type { RegistryStore, RegistryView } from "@ipr/registry";
import type { PolicyEvents } from "../events.ts";

export interface RegistryServiceDependencies {
  readonly registry: RegistryStore;
  readonly events: PolicyEvents;
}

/** RegistryService: every change is one compare-and-swap of the whole registry. */
export function registryService({ registry, events }: RegistryServiceDependencies): Registration {
  const change = async (what: string, expected: string, apply: (state: Registry) => void) => {
    const expectedRevision = expected === "" ? undefined : expected;
    const { revision }: RegistryView = await registry.update(apply, { what, expectedRevision });
    events.registryChanged(what, revision);
    return { revision };
  };

  return register(RegistryService, {
    getRegistry: async () => {
      const { stored, revision } = registry.current();
      return { registry: stored, revision };
    },
    upsertCandidate: async ({ candidate, expectedRevision }) => {
      const { name } = candidate as Candidate;
      return change(`upsert candidate ${name}`, expectedRevision, ({ candidates }) => {
        put(candidates, candidate as Candidate);
      });
    },
    upsertRouter: async ({ router, expectedRevision }) => {
      const { name } = router as Router;
      let index = 0;
      try {
        return await change(`upsert router ${name}`, expectedRevision, ({ routers }) => {
          index = put(routers, router as Router);
        });
      } catch (error) {
        throw renamed(error, `routers[${index}]`, "router");
      }
    },
    deleteCandidate: ({ name, expectedRevision }) =>
      change(`delete candidate ${name}`, expectedRevision, ({ candidates, routers }) => {
        const users = routers
          .filter((router) => router.candidates.includes(name))
          .map((router) => router.name);
        if (users.length > 0) throw inUse(name, users);
        remove(candidates, name, "UNKNOWN_CANDIDATE");
      }),
    deleteRouter: ({ name, expectedRevision }) =>
      change(`delete router ${name}`, expectedRevision, ({ routers }) =>
        remove(routers, name, "UNKNOWN_ROUTER"),
      ),
  });
}

/** Replaces the item of the same name where it stands, or adds it at the end. Returns its place. */
function put<T extends { readonly name: string }>(items: T[], item: T): number {
  const found = items.findIndex(({ name }) => name === item.name);
  const index = found === -1 ? items.length : found;
  items[index] = item;
  return index;
}

function remove(
  items: { readonly name: string }[],
  name: string,
  reason: "UNKNOWN_CANDIDATE" | "UNKNOWN_ROUTER",
): void {
  const index = items.findIndex((item) => item.name === name);
  if (index !== -1) {
    items.splice(index, 1);
    return;
  }
  const kind = reason === "UNKNOWN_ROUTER" ? "router" : "candidate";
  const known = items.map((item) => item.name).join(",");
  throw new IprError(status.NOT_FOUND, reason, `no ${kind} is called "${name}"; known: ${known || "none"}`, {
    metadata: { [kind]: name, known },
  });
}

function inUse(candidate: string, routers: readonly string[]): IprError {
  return new IprError(
    status.FAILED_PRECONDITION,
    "IN_USE",
    `candidate "${candidate}" is named by ${routers.join(", ")}: take it out there first`,
    { metadata: { routers: routers.join(",") } },
  );
}

/** The error in the words of the request: the caller sent one router, and knows nothing of its place among all. */
function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof IprError) || error.violations.length === 0) return error;
  const violations = error.violations.map(({ field, description }) => ({
    field: field.replace(from, to),
    description,
  }));
  const message = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  return new IprError(error.code, error.reason, message, { violations, cause: error });
}
