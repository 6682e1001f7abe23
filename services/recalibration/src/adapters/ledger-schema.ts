import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { IprError, status } from "@ipr/errors";

const formatVersion = 1;
const sqliteBusy = 5;

/** Opens, or makes, the file of what was learned; without a directory it is kept in memory. */
export function openLedgerFile(directory: string | undefined): DatabaseSync {
  const file = directory === undefined ? ":memory:" : join(directory, "recalibration.db");
  let database: DatabaseSync | undefined;
  try {
    if (directory !== undefined) mkdirSync(directory, { recursive: true });
    database = new DatabaseSync(file, { timeout: 0 });
    // One process owns it, until it ends in whatever way.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    const found = database.prepare("PRAGMA user_version").get()?.["user_version"];
    if (found !== 0 && found !== formatVersion) {
      throw new Error(`it has format ${String(found)}, but this version reads format ${formatVersion} only`);
    }
    database.exec(schema);
    return database;
  } catch (cause) {
    database?.close();
    const why =
      (cause as { errcode?: number }).errcode === sqliteBusy
        ? "another process holds it; stop that one, or use another state directory"
        : (cause as Error).message;
    throw new IprError(status.FAILED_PRECONDITION, "BAD_CONFIG", `cannot use ${file}: ${why}`, {
      metadata: { file },
      cause,
    });
  }
}

const schema = `
  BEGIN;
  CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  -- What a decision left to learn from; the nulls of an unusable one say that its feedback need not wait.
  CREATE TABLE IF NOT EXISTS decisions (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    bundle TEXT,
    candidate TEXT,
    logit REAL,
    weight REAL,
    UNIQUE (tenant, decision_id)
  ) STRICT;
  -- Who answered a decision that has not come yet.
  CREATE TABLE IF NOT EXISTS answers (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    candidate TEXT NOT NULL,
    UNIQUE (tenant, decision_id)
  ) STRICT;
  -- Every feedback event taken in, so that none counts twice.
  CREATE TABLE IF NOT EXISTS feedback (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE
  ) STRICT;
  -- Feedback that came before its decision.
  CREATE TABLE IF NOT EXISTS waiting (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    reward REAL NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS waiting_by_decision ON waiting (tenant, decision_id);
  CREATE TABLE IF NOT EXISTS pairs (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    bundle TEXT NOT NULL,
    candidate TEXT NOT NULL,
    logit REAL NOT NULL,
    reward REAL NOT NULL,
    weight REAL NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS pairs_by_candidate ON pairs (bundle, candidate, arrival);
  PRAGMA user_version = ${formatVersion};
  COMMIT;
`;
