import { hash } from "node:crypto";

/** The first 64 bits of a text's sha256. Two of a million texts share them with a chance of one in thirty million. */
export function textKey(text: string): bigint {
  return hash("sha256", text, "buffer").readBigUInt64BE(0);
}

/** Finds the number that was first given for a 64-bit key. A tenth of the memory of a `Map` of texts. */
export interface DigestIndex {
  readonly size: number;
  /** The number of the key; the one given here when the key is new. Numbers are below 2^32 - 1. */
  firstOf(key: bigint, number: number): number;
  /** The number of the key; undefined when it was never given. */
  find(key: bigint): number | undefined;
}

const smallestSlots = 1024;
const maxLoad = 0.5;

/** Keys are digests, whose bits are as good as any hash. */
export function createDigestIndex(): DigestIndex {
  let keys = new BigUint64Array(smallestSlots);
  // Zero is an empty slot; numbers are stored one higher.
  let numbers = new Uint32Array(smallestSlots);
  let size = 0;

  const slotOf = (key: bigint): number => {
    const mask = keys.length - 1;
    let slot = Number(BigInt.asUintN(32, key)) & mask;
    while (numbers[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  };
  const grow = (): void => {
    const [oldKeys, oldNumbers] = [keys, numbers];
    keys = new BigUint64Array(2 * oldKeys.length);
    numbers = new Uint32Array(2 * oldKeys.length);
    for (const [from, number] of oldNumbers.entries()) {
      if (number === 0) continue;
      const slot = slotOf(oldKeys[from]!);
      keys[slot] = oldKeys[from]!;
      numbers[slot] = number;
    }
  };

  return {
    get size() {
      return size;
    },
    firstOf(key, number) {
      const slot = slotOf(key);
      const known = numbers[slot]!;
      if (known !== 0) return known - 1;
      keys[slot] = key;
      numbers[slot] = number + 1;
      size++;
      if (size > maxLoad * keys.length) grow();
      return number;
    },
    find(key) {
      const known = numbers[slotOf(key)]!;
      return known === 0 ? undefined : known - 1;
    },
  };
}
