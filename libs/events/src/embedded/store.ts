import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { IprError, status } from "@ipr/errors";
import { eventsUnavailable, toError } from "../failure.ts";

const formatVersion = 1;
const pageSizeBytes = 4096;

/** The files behind an embedded bus. All of SQLite's errors leave here as IprErrors that name the file. */
export interface Store {
  readonly database: DatabaseSync;
  /** Runs the work in one transaction: all of it is stored, or none and it throws EVENTS_UNAVAILABLE. */
  transaction<T>(work: () => T, options?: { readonly syncs: boolean }): T;
  read<T>(work: () => T): T;
  close(): void;
}

/** Opens, or makes, the store in a directory; without one it is kept in memory. */
export function openStore(directory: string | undefined, maxStoreBytes: number): Store {
  const file = directory === undefined ? ":memory:" : join(directory, "events.db");
  let lock: DatabaseSync | undefined;
  let database: DatabaseSync;
  try {
    if (directory !== undefined) {
      mkdirSync(directory, { recursive: true });
      lock = lockFile(`${file}.lock`);
    }
    database = new DatabaseSync(file, { timeout: 0 });
    prepare(database, file, maxStoreBytes);
  } catch (error) {
    lock?.close();
    if (error instanceof IprError) throw error;
    throw badStore(file, `cannot be opened: ${toError(error).message}${adviceFor(error)}`, error);
  }

  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof IprError || !isSqliteError(error)) throw error;
      throw eventsUnavailable(`could not use ${file}${adviceFor(error)}`, error);
    }
  };
  return {
    database,
    read: guarded,
    transaction: (work, { syncs } = { syncs: false }) =>
      guarded(() => {
        database.exec(`PRAGMA synchronous = ${syncs ? "FULL" : "NORMAL"}; BEGIN IMMEDIATE`);
        try {
          const value = work();
          database.exec("COMMIT");
          return value;
        } catch (error) {
          // A full disk makes SQLite roll back by itself.
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      }),
    close() {
      database.close();
      lock?.close();
    },
  };
}

/** One process owns a store. The operating system lets go of the lock when that process ends, however it ends. */
function lockFile(file: string): DatabaseSync {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (!/locked|busy/i.test(toError(error).message)) throw error;
    const store = file.replace(/\.lock$/, "");
    throw badStore(store, "is held by another process: stop that one, or use another state directory", error);
  }
}

function prepare(database: DatabaseSync, file: string, maxStoreBytes: number): void {
  const found = database.prepare("PRAGMA user_version").get()?.["user_version"];
  if (found !== 0 && found !== formatVersion) {
    throw badStore(file, `has format ${String(found)}, but this version reads format ${formatVersion} only`);
  }
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA max_page_count = ${Math.max(1, Math.floor(maxStoreBytes / pageSizeBytes))};
    CREATE TABLE IF NOT EXISTS events (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      stream TEXT NOT NULL,
      subject TEXT NOT NULL,
      id TEXT NOT NULL,
      data BLOB NOT NULL,
      carrier TEXT,
      published_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS events_by_stream ON events (stream, position);
    CREATE INDEX IF NOT EXISTS events_by_id ON events (stream, id);
    CREATE TABLE IF NOT EXISTS consumers (
      stream TEXT NOT NULL,
      durable TEXT NOT NULL,
      finished_position INTEGER NOT NULL,
      PRIMARY KEY (stream, durable)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS key_values (
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      value BLOB,
      revision INTEGER NOT NULL,
      PRIMARY KEY (bucket, key)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS key_values_by_revision ON key_values (bucket, revision);
    PRAGMA user_version = ${formatVersion};
  `);
}

function badStore(file: string, what: string, cause?: unknown): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_CONFIG", `the event store ${file} ${what}`, {
    metadata: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}

function isSqliteError(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

const sqliteFull = 13;
const sqliteCorrupt = 11;

function adviceFor(error: unknown): string {
  switch ((error as { errcode?: number }).errcode) {
    case sqliteFull:
      return " (free some space, or raise its limit)";
    case sqliteCorrupt:
      return " (it is damaged: stop the process and move the file away to start empty)";
    default:
      return "";
  }
}
