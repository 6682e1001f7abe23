import { createHash, type Hash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@ipr/errors";
import { bytesOf, readStoredValue, storeValue } from "./stored-value.ts";

/** Raised whenever what is stored, or how it comes about, changes: older work is then done again. */
const workVersion = 1;

/**
 * Finished parts of a training run, so that one that was killed goes on where it was. A part is found again only by all
 * that it was made of: another option, or one changed byte of data, gives another key.
 */
export interface WorkDirectory {
  /** A part that was kept by an earlier run; undefined where there is none. */
  restore(name: string, madeOf: unknown): Promise<unknown>;
  /** Keeps a part. Training goes on where the disk is full: it can then only not be resumed. */
  keep(name: string, madeOf: unknown, part: unknown): Promise<void>;
  /** Why something could not be kept. */
  readonly problems: readonly string[];
  remove(): Promise<void>;
}

export function openWorkDirectory(path: string): WorkDirectory {
  const problems: string[] = [];
  const fileOf = (name: string, madeOf: unknown): string =>
    join(path, `${name}-${digestOf({ workVersion, name, madeOf }).slice(0, 32)}.part`);
  return {
    problems,
    restore: (name, madeOf) => readStoredValue(fileOf(name, madeOf)),
    async keep(name, madeOf, part) {
      try {
        await mkdir(path, { recursive: true });
        await storeValue(fileOf(name, madeOf), part);
      } catch (error) {
        problems.push(`${name} could not be kept in ${path} (${messageOf(error)}): it cannot be resumed`);
      }
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** The digest of plain data with arrays of numbers in it; the order of an object's keys does not matter. */
export function digestOf(value: unknown): string {
  const hash = createHash("sha256");
  update(hash, value);
  return hash.digest("hex");
}

function update(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name}(${value.byteLength})`).update(bytesOf(value));
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length}]`);
    for (const each of value) update(hash, each);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    hash.update(`{${entries.length}}`);
    for (const [key, each] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${JSON.stringify(key)}:`);
      update(hash, each);
    }
  } else hash.update(`${JSON.stringify(value) ?? typeof value};`);
}
