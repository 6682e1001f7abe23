import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { sharedArray } from "./column.ts";

/** Plain data with arrays of numbers anywhere in it, as a file that is there whole or not at all. */
const kinds = {
  Float32Array,
  Float16Array,
  Float64Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
  BigUint64Array,
} as const;
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

/** Arrays follow the header in this order, each from a multiple of eight bytes on. */
interface Header {
  readonly value: unknown;
  readonly arrays: readonly { readonly kind: Kind; readonly length: number }[];
}

/** What stands in the header where an array was. */
const reference = "$array";
const alignmentBytes = 8;
/** No single read or write is larger: the system's limit is near 2 GiB. */
const chunkBytes = 256 * 1024 * 1024;

/** Writes the value beside the file and then puts it in its place: a killed process leaves no half of one. */
export async function storeValue(file: string, value: unknown): Promise<void> {
  const arrays: Numbers[] = [];
  const header: Header = {
    value: lift(value, arrays),
    arrays: arrays.map((array) => ({ kind: kindOf(array), length: array.length })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const fresh = `${file}.new-${randomUUID()}`;
  try {
    await using target = await open(fresh, "wx");
    const size = Buffer.alloc(alignmentBytes);
    size.writeBigUInt64LE(BigInt(text.length));
    await writeWhole(target, size, 0);
    await writeWhole(target, text, alignmentBytes);
    let at = aligned(alignmentBytes + text.length);
    for (const array of arrays) {
      await writeWhole(target, bytesOf(array), at);
      at = aligned(at + array.byteLength);
    }
    await target.truncate(at);
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** The value of a file, its arrays in shared memory; undefined where there is no such file or it is not whole. */
export async function readStoredValue(file: string): Promise<unknown> {
  const opened = await open(file, "r").catch(() => undefined);
  if (opened === undefined) return undefined;
  await using source = opened;
  const size = Buffer.alloc(alignmentBytes);
  if (!(await readWhole(source, size, 0))) return undefined;
  const length = Number(size.readBigUInt64LE());
  const { size: fileBytes } = await source.stat();
  if (length > fileBytes) return undefined;
  const text = Buffer.alloc(length);
  if (!(await readWhole(source, text, alignmentBytes))) return undefined;
  const header = parseHeader(text);
  if (header === undefined) return undefined;
  const arrays: Numbers[] = [];
  let at = aligned(alignmentBytes + length);
  for (const { kind, length: count } of header.arrays) {
    const bytes = count * kinds[kind].BYTES_PER_ELEMENT;
    if (at + bytes > fileBytes) return undefined;
    const array = sharedArray<Numbers>(kinds[kind], count);
    await readWhole(source, bytesOf(array), at);
    arrays.push(array);
    at = aligned(at + bytes);
  }
  if (at !== fileBytes) return undefined;
  return lower(header.value, arrays);
}

/** The bytes of an array, without a copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function parseHeader(text: Buffer): Header | undefined {
  try {
    return JSON.parse(text.toString("utf8")) as Header;
  } catch {
    return undefined;
  }
}

function lift(value: unknown, arrays: Numbers[]): unknown {
  if (ArrayBuffer.isView(value)) return { [reference]: arrays.push(value as Numbers) - 1 };
  if (Array.isArray(value)) return value.map((each) => lift(each, arrays));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lift(each, arrays)]));
}

function lower(value: unknown, arrays: readonly Numbers[]): unknown {
  if (Array.isArray(value)) return value.map((each) => lower(each, arrays));
  if (typeof value !== "object" || value === null) return value;
  const index = (value as Record<string, unknown>)[reference];
  if (typeof index === "number") return arrays[index];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lower(each, arrays)]));
}

function kindOf(array: Numbers): Kind {
  const name = array.constructor.name === "Buffer" ? "Uint8Array" : array.constructor.name;
  if (!(name in kinds)) throw new TypeError(`cannot store a ${name}`);
  return name as Kind;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignmentBytes) * alignmentBytes;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(chunkBytes, bytes.length - at);
    at += (await file.write(bytes, at, length, position + at)).bytesWritten;
  }
}

/** False when the file ends before. */
async function readWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(chunkBytes, bytes.length - at);
    const { bytesRead } = await file.read(bytes, at, length, position + at);
    if (bytesRead === 0) return false;
    at += bytesRead;
  }
  return true;
}
