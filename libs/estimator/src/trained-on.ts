import { hash } from "node:crypto";

/** A collision among a million prompts has a chance of one in thirty million. */
const digestBytes = 8;

/** The prompts a bundle was trained on, as ascending digests: enough to recognise one, not to read it. */
export type PromptDigests = BigUint64Array;

/** Digests of texts as they are encoded, each once. */
export function promptDigests(texts: readonly string[]): PromptDigests {
  return distinctDigests(BigUint64Array.from(texts, promptDigest));
}

/** Digests in any order and number, as they are kept: ascending, each once. */
export function distinctDigests(digests: BigUint64Array): PromptDigests {
  return digests.toSorted().filter((digest, index, all) => index === 0 || all[index - 1] !== digest);
}

/** The digest of one text as it is encoded. */
export function promptDigest(text: string): bigint {
  return hash("sha256", text, "buffer").readBigUInt64BE(0);
}

/** Whether the text is one of those the digests were taken of. */
export function hasPrompt(digests: PromptDigests, text: string): boolean {
  const wanted = promptDigest(text);
  let [from, to] = [0, digests.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (digests[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return digests[from] === wanted;
}

/** As they are stored: 8 bytes a prompt, so that the order of the bytes is the order of the numbers. */
export function toDigestBytes(digests: PromptDigests): Uint8Array {
  const bytes = Buffer.alloc(digests.length * digestBytes);
  digests.forEach((digest, index) => bytes.writeBigUInt64BE(digest, index * digestBytes));
  return bytes;
}

/** Undefined for bytes that `toDigestBytes` does not write. */
export function fromDigestBytes(bytes: Uint8Array): PromptDigests | undefined {
  if (bytes.length % digestBytes !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const digests = BigUint64Array.from({ length: bytes.length / digestBytes }, (_, index) =>
    view.getBigUint64(index * digestBytes),
  );
  const isAscending = digests.every((digest, index) => index === 0 || digests[index - 1]! < digest);
  return isAscending ? digests : undefined;
}
