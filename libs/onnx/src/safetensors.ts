import { IprError, status } from "@ipr/errors";

/** A tensor of a checkpoint, as 32-bit floats. */
export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const lengthBytes = 8;
const maxHeaderBytes = 100 * 1024 * 1024;

/** The float types that are read, by their bytes; the others are not weights. */
const floatBytes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Reads the float tensors (32 and 16 bits, and bfloat16) of a safetensors file: 8 bytes of header length, a JSON header, then the data.
 * `file` names it in errors.
 */
export function parseSafetensors(bytes: Uint8Array, file: string): ReadonlyMap<string, CheckpointTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length < lengthBytes ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(headerBytes <= Math.min(maxHeaderBytes, bytes.length - lengthBytes))) {
    throw notSafetensors(file, "its header is longer than the file");
  }
  const dataStart = lengthBytes + headerBytes;
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, entry] of Object.entries(parseHeader(bytes.subarray(lengthBytes, dataStart), file))) {
    const width = floatBytes[entry.dtype];
    if (name === "__metadata__" || width === undefined) continue;
    const [from, to] = entry.data_offsets;
    const length = entry.shape.reduce((product, size) => product * size, 1);
    if (to - from !== length * width || dataStart + to > bytes.length || from < 0) {
      throw notSafetensors(file, `tensor ${name} lies outside the file or has another size than its shape`);
    }
    const content = bytes.subarray(dataStart + from, dataStart + to);
    const data = toFloats(content, entry.dtype);
    tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

function toFloats(content: Uint8Array, dtype: string): Float32Array {
  // Copied, because a tensor need not start at a multiple of its width.
  const { buffer } = Uint8Array.from(content);
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F16") return Float32Array.from(new Float16Array(buffer));
  // A bfloat16 is the upper half of a 32-bit float.
  const bits = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
  return new Float32Array(bits.buffer);
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, HeaderEntry> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw notSafetensors(file, "its header is not JSON");
  }
  if (typeof header !== "object" || header === null || !Object.entries(header).every(isEntry)) {
    throw notSafetensors(file, "its header does not describe tensors");
  }
  return header as Record<string, HeaderEntry>;
}

function isEntry([name, value]: [string, unknown]): boolean {
  if (name === "__metadata__") return true;
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<HeaderEntry>;
  const areSizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof dtype === "string" && areSizes(shape) && areSizes(offsets) && offsets.length === 2;
}

function notSafetensors(file: string, problem: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_DATA", `${file} is not a safetensors file: ${problem}`, {
    metadata: { file },
  });
}
