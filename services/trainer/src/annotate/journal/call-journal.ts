import type { JournalRecord } from "./journal-record.ts";

/**
 * The memory of an annotation, so that nothing is asked twice: what is appended survives the end of this process, however
 * it ends.
 */
export interface CallJournal {
  /** The last record of the key; never one of a call that has only begun. */
  find(key: string): Promise<JournalRecord | undefined>;
  /** Notes that a call begins. It need not survive the machine, only the process. */
  begin(key: string, chargedUsd: number): Promise<void>;
  /** Resolves once the record is durable. */
  append(record: JournalRecord): Promise<void>;
}
