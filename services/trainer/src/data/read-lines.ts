import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { IprError } from "@ipr/errors";
import { badData } from "./bad-data.ts";

/** A row longer than this is taken for a broken file rather than read into memory. */
export const maxLineBytes = 16 * 1024 * 1024;

const newline = 10;
const carriageReturn = 13;

/** A line of a text file and its number, from 1. Blank lines are skipped but counted. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Streams the lines of a file, unpacking it when its name ends in `.gz`. Fails with file and line. */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const decoder = new TextDecoder("utf-8", { fatal: true });

  const finish = (last: Buffer): Line | undefined => {
    number++;
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    pendingBytes = 0;
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    const text = decodeLine(decoder, bytes.subarray(0, end), file, number);
    return text.trim() === "" ? undefined : { number, text };
  };

  try {
    for await (const chunk of byteStream(file)) {
      let from = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        const line = finish(chunk.subarray(from, at));
        from = at + 1;
        if (line) yield line;
      }
      pending.push(chunk.subarray(from));
      pendingBytes += chunk.length - from;
      if (pendingBytes > maxLineBytes) {
        throw badData(file, number + 1, `is longer than ${maxLineBytes} bytes; one row per line is expected`);
      }
    }
    const line = finish(Buffer.alloc(0));
    if (line) yield line;
  } catch (error) {
    throw asBadData(error, file, number + 1);
  }
}

function byteStream(file: string): AsyncIterable<Buffer> {
  const raw = createReadStream(file);
  if (!file.endsWith(".gz")) return raw as AsyncIterable<Buffer>;
  const unpacked = createGunzip();
  raw.on("error", (error) => unpacked.destroy(error));
  return raw.pipe(unpacked) as AsyncIterable<Buffer>;
}

function decodeLine(decoder: TextDecoder, bytes: Buffer, file: string, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw badData(file, number, "is not valid UTF-8", error);
  }
}

function asBadData(error: unknown, file: string, line: number): unknown {
  if (error instanceof IprError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT") return badData(file, 0, "does not exist", error);
  if (code === "EISDIR") return badData(file, 0, "is a directory, not a data file", error);
  if (code.startsWith("Z_"))
    return badData(file, line, `cannot be unpacked (${code}); is the file complete?`, error);
  return error;
}
