import { mkdir } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

/** Another process may be compiling; past this it is better to do the work twice. */
const maxLockWaitMs = 600_000;
const lockPollMs = 200;

/** Outside the clone, so that a fresh one starts fast. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env["IPR_TOOLS_CACHE"]) return env["IPR_TOOLS_CACHE"];
  if (env["XDG_CACHE_HOME"]) return join(env["XDG_CACHE_HOME"], "ipr", "tools");
  if (env["HOME"] || process.platform === "win32") return join(homedir(), ".cache", "ipr", "tools");
  return join(tmpdir(), `ipr-tools-${userInfo().uid}`);
}

/**
 * Runs `work` while no other process that asks for the same lock does. The lock is a SQLite file: the operating system
 * lets go of it when its holder dies, so there is no stale lock to clean up.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, ".lock"), { timeout: 0 });
  try {
    const givesUpAt = Date.now() + maxLockWaitMs;
    while (!tryLock(database) && Date.now() < givesUpAt) await delay(lockPollMs);
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (/locked|busy/i.test((error as Error).message)) return false;
    throw error;
  }
}
