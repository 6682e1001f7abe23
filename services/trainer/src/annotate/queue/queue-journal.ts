import type { WorkQueue } from "@ipr/events";
import type { CallJournal } from "../journal/call-journal.ts";
import { JournalRecord } from "../journal/journal-record.ts";
import { cutMiddle } from "../scoring/cut-middle.ts";

/** As much of an answer as certainly fits an entry of the queue, however its characters are written in JSON. */
const maxRecordedCharacters = 80_000;

/** The journal that all workers of a job share: what one has asked, no other asks again. */
export function createQueueJournal(queue: Pick<WorkQueue, "record" | "recorded">): CallJournal {
  return {
    async find(key) {
      const value = await queue.recorded(key);
      return value && decodeRecord(value);
    },
    // A worker that dies takes with it what its last calls may have cost: each worker limits its own spending.
    begin: async () => undefined,
    append: (record) => queue.record(record.key, Buffer.from(JSON.stringify(fitting(record)))),
  };
}

/** An answer that is too long for the queue loses its middle rather than be asked for again and again. */
function fitting(record: JournalRecord): JournalRecord {
  return record.kind === "answered"
    ? { ...record, text: cutMiddle(record.text, maxRecordedCharacters) }
    : record;
}

export function decodeRecord(value: Uint8Array): JournalRecord {
  return JournalRecord.parse(JSON.parse(Buffer.from(value).toString("utf8")));
}
