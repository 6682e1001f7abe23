import type { DatabaseSync } from "node:sqlite";

/** Runs writes one after another and stores all of one turn of the event loop in one transaction. */
export interface GroupCommit {
  /** Resolves with the result once it is on disk. When storing fails, all of the group reject, after `onFailure`. */
  run<T>(write: () => T, onFailure: () => void): Promise<T>;
  settled(): Promise<void>;
}

interface Waiting {
  readonly write: () => void;
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

export function createGroupCommit(database: DatabaseSync): GroupCommit {
  let waiting: Waiting[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const storeGroup = (): void => {
    const group = waiting;
    waiting = [];
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const { write } of group) write();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      for (const { failed } of group) failed(error);
      return;
    }
    for (const { stored } of group) stored();
  };

  return {
    run<T>(write: () => T, onFailure: () => void) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      let result: T;
      if (waiting.length === 0) setImmediate(storeGroup);
      waiting.push({
        write: () => {
          result = write();
        },
        stored: () => resolve(result),
        failed: (error) => {
          onFailure();
          reject(error);
        },
      });
      last = promise.catch(() => undefined);
      return promise;
    },
    async settled() {
      await last;
    },
  };
}
