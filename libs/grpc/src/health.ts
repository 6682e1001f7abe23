import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

/** How often readiness is asked for. */
const pollMs = 250;

export interface HealthReporter {
  /** Reports NOT_SERVING from now on. */
  stop(): void;
}

/** Adds grpc.health.v1.Health, which follows `isReady` for the server ("") and each of its services. */
export function addHealth(
  server: Server,
  services: readonly string[],
  isReady: () => boolean,
): HealthReporter {
  const names = ["", ...services];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "NOT_SERVING"])));
  health.addToServer(server);
  let last: boolean | undefined;
  const report = (ready: boolean) => {
    if (ready === last) return;
    last = ready;
    for (const name of names) health.setStatus(name, ready ? "SERVING" : "NOT_SERVING");
  };
  const timer = setInterval(() => report(isReady()), pollMs);
  timer.unref();
  report(isReady());
  return {
    stop() {
      clearInterval(timer);
      report(false);
    },
  };
}
