import { type OpenedEncoder, openEncoder } from "@ipr/encoders";
import { cosine } from "../checkpoint/cosine.ts";
import type { GoldenVector } from "../checkpoint/golden-vectors.ts";
import { checkSentences } from "./check-sentences.ts";

/** How near vectors are to those they should be. */
export interface Closeness {
  readonly vectors: number;
  readonly minCosine: number;
  readonly meanCosine: number;
  /** The text whose vector is farthest off. */
  readonly farthest: string;
}

/** Time of one prompt with this many tokens: the median over a few. */
export interface Speed {
  readonly tokens: number;
  readonly msPerPrompt: number;
}

/** What an encoder's directory gives when it is opened and used as a service does. */
export interface Trial {
  readonly id: string;
  readonly golden: Closeness | undefined;
  readonly sentenceVectors: readonly Float32Array[];
  readonly speed: readonly Speed[];
}

const timedTokens = [16, 32, 64, 128, 256, 512];
const timedRuns = 15;

export async function tryEncoder(
  dir: string,
  golden: readonly GoldenVector[],
  { isTimed }: { readonly isTimed: boolean },
): Promise<Trial> {
  await using encoder = await openEncoder(dir);
  const sentenceVectors = await encodeAll(encoder, checkSentences);
  const goldenVectors = await encodeAll(
    encoder,
    golden.map(({ prompt }) => prompt),
  );
  return {
    id: encoder.id,
    sentenceVectors,
    golden:
      golden.length === 0
        ? undefined
        : closeness(
            goldenVectors,
            golden.map(({ embedding }) => embedding),
            golden.map(({ prompt }) => prompt),
          ),
    speed: isTimed ? await measureSpeed(encoder) : [],
  };
}

export function closeness(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  texts: readonly string[],
): Closeness {
  const cosines = actual.map((vector, i) => cosine(vector, expected[i]!));
  // NaN, of a vector of zeros, counts as no likeness at all.
  const known = cosines.map((value) => (Number.isNaN(value) ? 0 : value));
  const minCosine = Math.min(...known);
  return {
    vectors: known.length,
    minCosine,
    meanCosine: known.reduce((sum, value) => sum + value, 0) / known.length,
    farthest: texts[known.indexOf(minCosine)] ?? "",
  };
}

/** One at a time: an 8-bit vector depends on its batch mates. */
async function encodeAll(encoder: OpenedEncoder, texts: readonly string[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (const text of texts) vectors.push(await encoder.encode(text));
  return vectors;
}

async function measureSpeed(encoder: OpenedEncoder): Promise<Speed[]> {
  const speeds: Speed[] = [];
  for (const tokens of timedTokens.filter((count) => count <= encoder.maxTokens)) {
    // One token a word, and one before and after all.
    const text = "the ".repeat(tokens - 2);
    const times: number[] = [];
    for (let run = 0; run < timedRuns; run++) {
      const start = performance.now();
      await encoder.encode(text);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    speeds.push({ tokens, msPerPrompt: times[Math.floor(timedRuns / 2)]! });
  }
  return speeds;
}
