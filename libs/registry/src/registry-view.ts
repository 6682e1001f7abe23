import type { Candidate, Registry, Router } from "@ipr/proto";

/** One state of the registry, never changed once made; the next state is another view. */
export interface RegistryView {
  /** What this process works with: the stored registry with endpoints resolved. */
  readonly registry: Registry;
  /** What is in the store, which is what a change starts from. */
  readonly stored: Registry;
  /** Identifies the state; "seed" while the store has not been seen, "" when there was no seed either. */
  readonly revision: string;
  candidate(name: string): Candidate | undefined;
  router(name: string): Router | undefined;
}

export function createView(stored: Registry, registry: Registry, revision: string): RegistryView {
  const candidates = new Map(registry.candidates.map((candidate) => [candidate.name, candidate]));
  const routers = new Map(registry.routers.map((router) => [router.name, router]));
  return {
    registry,
    stored,
    revision,
    candidate: (name) => candidates.get(name),
    router: (name) => routers.get(name),
  };
}
