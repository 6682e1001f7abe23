export { readAuditTrail, type AuditEntry } from "./audit-trail.ts";
export { registryWarnings } from "./check-registry.ts";
export { logRegistryNotice } from "./log-notice.ts";
export {
  openRegistry,
  type RegistryNotice,
  type RegistryOptions,
  type RegistryStore,
  type RegistryUpdate,
} from "./open-registry.ts";
export { parseRegistry } from "./parse-registry.ts";
export { readRegistry } from "./read-registry.ts";
export { parsePrices } from "./prices.ts";
export type { RegistryView } from "./registry-view.ts";
export { resolveEndpoints, type ResolvedEndpoints } from "./resolve-endpoints.ts";
