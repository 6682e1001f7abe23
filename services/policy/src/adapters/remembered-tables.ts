import { IprError, status } from "@ipr/errors";
import type { Client } from "@ipr/grpc";
import type { QualityService } from "@ipr/proto";
import type { ToleranceTable } from "../domain/target.ts";
import type { FindTable } from "../rpc/aim.ts";

/** Bundles whose table is remembered; the one asked for first is forgotten first. */
const maxRememberedBundles = 16;

/**
 * Asks quality for a bundle's tolerance table, once: a bundle never changes. After a hot swap predictions name another
 * bundle, whose table is then asked for.
 */
export function rememberedTables(quality: Client<typeof QualityService>): FindTable {
  const tables = new Map<string, ToleranceTable | undefined>();
  return async (bundle, call) => {
    if (tables.has(bundle)) return tables.get(bundle);
    const { bundle: told, toleranceTable } = await quality.getBundle({ bundle }, call);
    // An older quality service tells of its active bundle, whatever it is asked.
    if (told !== bundle) throw tableUnknown(bundle, told);
    const [first] = tables.keys();
    if (tables.size >= maxRememberedBundles && first !== undefined) tables.delete(first);
    tables.set(bundle, toleranceTable);
    return toleranceTable;
  };
}

function tableUnknown(bundle: string, told: string): IprError {
  const message = `quality tells the table of bundle ${told}, but the estimates are of ${bundle}`;
  return new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", message, { metadata: { neighbour: "quality" } });
}
