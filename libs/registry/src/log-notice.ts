import type { NoticeLogger } from "@ipr/events";
import type { RegistryNotice } from "./open-registry.ts";

/** Writes a notice of the registry as one line of the service's log. */
export function logRegistryNotice(logger: NoticeLogger, { kind, ...fields }: RegistryNotice): void {
  switch (kind) {
    case "registry_loaded":
    case "registry_seed_ignored":
      return logger.info(kind, fields);
    case "registry_unreadable":
    case "registry_seed_failed":
    case "registry_audit_failed":
      return logger.warn(kind, fields);
    default:
      return kind satisfies never;
  }
}
