type Numbers =
  | Float32Array
  | Float16Array
  | Float64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | BigUint64Array;

interface Kind<A extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): A;
}

/** Numbers in shared memory, appended to without knowing how many there will be. */
export interface Column<A extends Numbers> {
  readonly length: number;
  /** What it holds now. A column that grows further leaves the array behind. */
  readonly values: A;
  /** Makes it this long. What is new is zero. */
  resize(length: number): void;
}

const smallestCapacity = 1024;

export function createColumn<A extends Numbers>(kind: Kind<A>): Column<A> {
  let buffer = new SharedArrayBuffer(smallestCapacity * kind.BYTES_PER_ELEMENT);
  let values = new kind(buffer, 0, 0);
  return {
    get length() {
      return values.length;
    },
    get values() {
      return values;
    },
    resize(length) {
      const bytes = length * kind.BYTES_PER_ELEMENT;
      if (bytes > buffer.byteLength) {
        // Memory that was never written to costs nothing, so that doubling is only an address range.
        const larger = new SharedArrayBuffer(Math.max(bytes, 2 * buffer.byteLength));
        new Uint8Array(larger).set(new Uint8Array(buffer, 0, values.byteLength));
        buffer = larger;
      }
      values = new kind(buffer, 0, length);
    },
  };
}

/** A new array of zeros in shared memory. */
export function sharedArray<A extends Numbers>(kind: Kind<A>, length: number): A {
  return new kind(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT), 0, length);
}

/** Moves the rows `kept`, which ascend, to the front of an array of `width` numbers a row. */
export function keepRows(values: Numbers, kept: Uint32Array, width = 1): void {
  for (let to = 0; to < kept.length; to++) {
    const from = kept[to]! * width;
    if (from !== to * width) values.copyWithin(to * width, from, from + width);
  }
}
