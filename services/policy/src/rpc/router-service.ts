import { register, type Registration, type UnexpectedErrorSink } from "@ipr/grpc";
import { RouterService } from "@ipr/proto";
import { createRouteBatch } from "./route-batch.ts";
import { createRoute, type RouteDependencies } from "./route.ts";

/** RouterService over the registry and the two neighbours that estimate. */
export function routerService(
  dependencies: RouteDependencies,
  onUnexpected: UnexpectedErrorSink,
): Registration {
  const route = createRoute(dependencies);
  return register(RouterService, { route, routeBatch: createRouteBatch(route, onUnexpected) });
}
