import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@ipr/service";

/**
 * Where a standalone router keeps its state unless it is told: the user's data directory as the system has it, or the
 * temporary one for a user without a home.
 */
export function defaultStateDir(environment: Environment, platform: NodeJS.Platform): string {
  if (environment["XDG_DATA_HOME"]) return join(environment["XDG_DATA_HOME"], "ipr");
  if (platform === "win32" && environment["LOCALAPPDATA"]) return join(environment["LOCALAPPDATA"], "ipr");
  const home = environment["HOME"] ?? homedirOrNothing();
  if (!home) return join(tmpdir(), "ipr");
  return platform === "darwin"
    ? join(home, "Library", "Application Support", "ipr")
    : join(home, ".local", "share", "ipr");
}

function homedirOrNothing(): string {
  try {
    return homedir();
  } catch {
    return "";
  }
}
