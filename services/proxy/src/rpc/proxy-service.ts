import { register, type Registration } from "@ipr/grpc";
import { BreakerState, Protocol, ProxyService } from "@ipr/proto";
import type { RegistryStore } from "@ipr/registry";
import type { Breakers } from "../answering/breakers.ts";
import type { Breaker } from "../domain/breaker.ts";

export interface ProxyServiceDependencies {
  readonly registry: Pick<RegistryStore, "current">;
  readonly breakers: Breakers;
}

const states: Readonly<Record<Breaker["state"], BreakerState>> = {
  closed: BreakerState.CLOSED,
  open: BreakerState.OPEN,
  "half-open": BreakerState.HALF_OPEN,
};

export function proxyService({ registry, breakers }: ProxyServiceDependencies): Registration {
  return register(ProxyService, {
    listEndpoints: async () => ({
      endpoints: registry.current().registry.candidates.flatMap((candidate) =>
        candidate.endpoints.map((endpoint) => {
          const { breaker, attempts, failures } = breakers.stateOf({ candidate, endpoint });
          return {
            candidate: candidate.name,
            endpoint: endpoint.name,
            simulated: endpoint.protocol === Protocol.SIMULATED,
            breaker: states[breaker.state],
            attempts: BigInt(attempts),
            failures: BigInt(failures),
          };
        }),
      ),
    }),
  });
}
