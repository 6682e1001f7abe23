import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { badData } from "../../data/bad-data.ts";
import { parseJson } from "../../data/parse-json.ts";
import type { CallJournal } from "./call-journal.ts";
import { type JournalLock, lockJournal } from "./journal-lock.ts";
import { JournalRecord } from "./journal-record.ts";

const readChunkBytes = 1024 * 1024;
/** A record longer than this is taken for a broken journal. */
const maxRecordBytes = 64 * 1024 * 1024;
const newline = 10;

export interface FileJournal extends CallJournal, AsyncDisposable {
  /** What all calls count against a spend limit, those included that nobody heard the end of. */
  readonly chargedUsd: number;
  /** The raw scores, in the order they were given. */
  scores(): AsyncIterable<number>;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

/**
 * Opens or begins a journal. A torn last line, left by a process that was killed while it wrote, is cut off; any other
 * broken line is an error naming file and line.
 *
 * Only places of records are kept in memory: answers are read back when they are needed.
 */
export async function openFileJournal(file: string): Promise<FileJournal> {
  await mkdir(dirname(file), { recursive: true });
  const lock = await lockJournal(file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "a+");
    const journal = new Journal(handle, file, lock);
    await journal.load();
    return journal;
  } catch (error) {
    await handle?.close();
    await lock.release();
    throw error;
  }
}

class Journal implements FileJournal {
  readonly #handle: FileHandle;
  readonly #file: string;
  readonly #lock: JournalLock;
  readonly #places = new Map<string, Place>();
  readonly #begun = new Map<string, number>();
  readonly #scoreKeys: string[] = [];
  #size = 0;
  #charged = 0;
  #waiting: { line: Buffer; record: JournalRecord }[] = [];
  #writing: Promise<void> | undefined;

  constructor(handle: FileHandle, file: string, lock: JournalLock) {
    this.#handle = handle;
    this.#file = file;
    this.#lock = lock;
  }

  get chargedUsd(): number {
    return this.#charged;
  }

  async load(): Promise<void> {
    let number = 0;
    for await (const line of wholeLines(this.#handle, this.#file)) {
      number++;
      const parsed = JournalRecord.safeParse(parseJson(this.#file, number, line.toString("utf8")));
      if (!parsed.success)
        throw badData(this.#file, number, "is not a record of a journal this version reads");
      this.#note(parsed.data, line.length + 1);
    }
    await this.#handle.truncate(this.#size);
  }

  async find(key: string): Promise<JournalRecord | undefined> {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(place.length);
    await this.#handle.read(bytes, 0, place.length, place.offset);
    return JournalRecord.parse(JSON.parse(bytes.toString("utf8")));
  }

  async begin(key: string, chargedUsd: number): Promise<void> {
    await this.#write({ kind: "asked", key, chargedUsd });
  }

  async append(record: JournalRecord): Promise<void> {
    await this.#write(record);
  }

  async *scores(): AsyncIterable<number> {
    for (const key of this.#scoreKeys) {
      const record = await this.find(key);
      if (record?.kind === "scored") yield record.raw;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A write that failed, as on a full disk, was told to whoever asked for it.
    await this.#writing?.catch(() => undefined);
    try {
      await this.#handle.close();
    } finally {
      await this.#lock.release();
    }
  }

  /** Records that come while others are being written share one write and one fsync. */
  async #write(record: JournalRecord): Promise<void> {
    this.#waiting.push({ line: Buffer.from(`${JSON.stringify(record)}\n`), record });
    const before = this.#writing ?? Promise.resolve();
    if (this.#waiting.length === 1) this.#writing = before.then(() => this.#flush());
    await this.#writing;
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    await this.#handle.appendFile(Buffer.concat(batch.map(({ line }) => line)));
    if (batch.some(({ record }) => record.kind !== "asked")) await this.#handle.datasync();
    for (const { line, record } of batch) this.#note(record, line.length);
  }

  #note(record: JournalRecord, lengthBytes: number): void {
    const { kind, key } = record;
    if (kind === "asked") {
      this.#charged += record.chargedUsd;
      this.#begun.set(key, record.chargedUsd);
    } else {
      if (kind === "scored" && !this.#places.has(key)) this.#scoreKeys.push(key);
      this.#places.set(key, { offset: this.#size, length: lengthBytes - 1 });
    }
    if (kind === "answered" || kind === "failed") {
      this.#charged += record.chargedUsd - (this.#begun.get(key) ?? 0);
      this.#begun.delete(key);
    }
    this.#size += lengthBytes;
  }
}

/** The lines that end in a newline. */
async function* wholeLines(handle: FileHandle, file: string): AsyncGenerator<Buffer> {
  let pending = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const chunk = Buffer.alloc(readChunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, readChunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    pending = Buffer.concat([pending, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let at = pending.indexOf(newline); at >= 0; at = pending.indexOf(newline, from)) {
      yield pending.subarray(from, at);
      from = at + 1;
    }
    pending = pending.subarray(from);
    if (pending.length > maxRecordBytes)
      throw badData(file, 0, `has a record longer than ${maxRecordBytes} bytes: it is no journal`);
  }
}
