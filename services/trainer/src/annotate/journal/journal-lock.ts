import { readFile, rm, writeFile } from "node:fs/promises";
import { IprError, status } from "@ipr/errors";

export interface JournalLock {
  release(): Promise<void>;
}

/**
 * Keeps a second process from writing the same journal: both would ask everything. A lock of a process that is gone is
 * taken over.
 */
export async function lockJournal(file: string): Promise<JournalLock> {
  const lock = `${file}.lock`;
  for (let attempt = 1; ; attempt++) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      return { release: () => rm(lock, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(lock, "utf8").catch(() => ""));
    // After a restart of a container the number may be this process's own.
    if (attempt > 1 || (owner !== process.pid && isRunning(owner))) {
      throw new IprError(
        status.FAILED_PRECONDITION,
        "BAD_CONFIG",
        `${file} is being written by process ${owner}; wait for it, or delete ${lock} if that process is another program`,
        { metadata: { file } },
      );
    }
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
