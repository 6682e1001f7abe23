/** How many buckets the n-grams of a prompt are hashed into: the first half for words, the second for characters. */
export const ngramCount = 4096;

const bucketMask = ngramCount / 2 - 1;
const characterOffset = ngramCount / 2;
const space = 32;

/** The buckets that a text's n-grams fall into, ascending, and the weight of each. */
export interface SparseNgrams {
  readonly indices: Uint16Array;
  readonly values: Float32Array;
}

// Scratch for one extraction, which is synchronous: zero between calls.
const counts = new Float32Array(ngramCount);

/**
 * Words, pairs of neighbouring words and runs of three characters, hashed.
 *
 * A bucket's weight is log(1 + count), and each half has the length `blockLength`, so that long prompts do not shout.
 * Case is folded for ASCII only and hashing is 32-bit integer arithmetic: the same on every machine.
 */
export function hashNgrams(text: string): SparseNgrams {
  let word = 0;
  let previousWord = 0;
  let older = space;
  let old = space;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? foldCase(text.charCodeAt(i)) : space;
    if (c === space) {
      if (old === space) continue;
    } else if (isWordCharacter(c)) {
      word = Math.imul(word ^ c, 0x01000193) + 0x9e3779b9;
    }
    if (!isWordCharacter(c) && word !== 0) {
      countWord(word, previousWord);
      previousWord = word;
      word = 0;
    }
    if (c !== space && !isWordCharacter(c)) {
      const mark = mix(c + 0x5bd1e995);
      countWord(mark, previousWord);
      previousWord = mark;
    }
    const run = mix(Math.imul(older, 0x85ebca6b) ^ Math.imul(old, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f));
    counts[characterOffset + (run & bucketMask)]!++;
    older = old;
    old = c;
  }
  return collect();
}

function countWord(word: number, previousWord: number): void {
  counts[mix(word) & bucketMask]!++;
  if (previousWord !== 0) counts[mix(Math.imul(previousWord, 0x2c1b3c6d) ^ word) & bucketMask]!++;
}

/** The length of each half's vector: chosen, out of fold, among 2, 4 and 8. */
const blockLength = 2;

function collect(): SparseNgrams {
  let active = 0;
  let wordSquares = 0;
  let characterSquares = 0;
  for (let i = 0; i < ngramCount; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    active++;
    const weight = Math.log1p(count);
    counts[i] = weight;
    if (i < characterOffset) wordSquares += weight * weight;
    else characterSquares += weight * weight;
  }
  const indices = new Uint16Array(active);
  const values = new Float32Array(active);
  const wordScale = blockLength / Math.sqrt(wordSquares);
  const characterScale = blockLength / Math.sqrt(characterSquares);
  let at = 0;
  for (let i = 0; i < ngramCount; i++) {
    const weight = counts[i]!;
    if (weight === 0) continue;
    indices[at] = i;
    values[at++] = weight * (i < characterOffset ? wordScale : characterScale);
    counts[i] = 0;
  }
  return { indices, values };
}

/** Lower case for ASCII, and one kind of space. */
function foldCase(c: number): number {
  if (c >= 65 && c <= 90) return c + 32;
  return c < space ? space : c;
}

function isWordCharacter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c > 127;
}

/** The finaliser of MurmurHash3: every input bit moves every output bit. */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
