import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { parquetRowCount } from "./read-parquet.ts";

/** What identifies a data file. */
export interface DataFile {
  readonly name: string;
  readonly sha256: string;
}

export async function describeDataFile(file: string): Promise<DataFile> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { name: basename(file), sha256: hash.digest("hex") };
}

/**
 * About how many rows data files have together, for telling how long reading them will take; undefined where that cannot
 * be told, as of a broken file, which is for its reader to refuse.
 */
export async function countAllRows(files: readonly string[]): Promise<number | undefined> {
  let all = 0;
  try {
    for (const file of files) all += await countRows(file);
    return all;
  } catch {
    return undefined;
  }
}

const newline = 10;

async function countRows(file: string): Promise<number> {
  if (file.endsWith(".parquet")) return parquetRowCount(file);
  let lines = 0;
  let last = newline;
  const count = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) lines++;
      last = chunk.at(-1) ?? last;
    }
  };
  if (file.endsWith(".gz")) await pipeline(createReadStream(file), createGunzip(), count);
  else await pipeline(createReadStream(file), count);
  return last === newline ? lines : lines + 1;
}
