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

/** The same before weighing: how many n-grams fell into each bucket. */
export interface NgramCounts {
  readonly indices: Uint16Array;
  readonly counts: Uint16Array;
}

/** A bucket counts no further. A text whose features are read is too short to get there. */
const maxNgramCount = 65_535;

// Scratch for one extraction, which is synchronous: zero between calls.
const scratch = new Uint32Array(ngramCount);

/**
 * Words, pairs of neighbouring words and runs of three characters, hashed and counted. `weighNgrams` makes weights of the
 * counts; what stores many texts keeps the counts, which are small whole numbers.
 *
 * Case is folded for ASCII only and hashing is 32-bit integer arithmetic: the same on every machine.
 */
export function countNgrams(text: string): NgramCounts {
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
    scratch[characterOffset + (run & bucketMask)]!++;
    older = old;
    old = c;
  }
  return collect();
}

function countWord(word: number, previousWord: number): void {
  scratch[mix(word) & bucketMask]!++;
  if (previousWord !== 0) scratch[mix(Math.imul(previousWord, 0x2c1b3c6d) ^ word) & bucketMask]!++;
}

function collect(): NgramCounts {
  let active = 0;
  for (let i = 0; i < ngramCount; i++) if (scratch[i] !== 0) active++;
  const indices = new Uint16Array(active);
  const counts = new Uint16Array(active);
  let at = 0;
  for (let i = 0; i < ngramCount; i++) {
    if (scratch[i] === 0) continue;
    indices[at] = i;
    counts[at++] = Math.min(scratch[i]!, maxNgramCount);
    scratch[i] = 0;
  }
  return { indices, counts };
}

/** The length of each half's vector: chosen, out of fold, among 2, 4 and 8. */
const blockLength = 2;

/** Most counts are small, and a logarithm takes longer than looking it up. */
const logOfCount = Float64Array.from({ length: 256 }, (_, count) => Math.log1p(count));

/**
 * The weights of counted n-grams, in their order: log(1 + count), each half scaled to the length `blockLength`, so that
 * long prompts do not shout.
 */
export function weighNgrams(indices: Uint16Array, counts: Uint16Array): Float32Array {
  let wordSquares = 0;
  let characterSquares = 0;
  const values = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const weight = logOfCount[counts[i]!] ?? Math.log1p(counts[i]!);
    values[i] = weight;
    if (indices[i]! < characterOffset) wordSquares += weight * weight;
    else characterSquares += weight * weight;
  }
  const wordScale = blockLength / Math.sqrt(wordSquares);
  const characterScale = blockLength / Math.sqrt(characterSquares);
  for (let i = 0; i < indices.length; i++) {
    values[i]! *= indices[i]! < characterOffset ? wordScale : characterScale;
  }
  return values;
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
