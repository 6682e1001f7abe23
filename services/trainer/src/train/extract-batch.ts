import { encodeInOrder } from "@ipr/encoders";
import { countFeatures, type Encoder, surfaceCount } from "@ipr/estimator";
import { textKey } from "./digest-index.ts";
import { packNgrams } from "./packed-ngrams.ts";
import { foldHash, promptKey } from "./rows.ts";

/** Prompts to read; `encoder` is absent where only their numbers are wanted. */
export interface ExtractionJob {
  readonly texts: readonly string[];
  readonly seed: number;
}

/** What was read of some prompts, row after row. */
export interface ExtractedBatch {
  readonly rows: number;
  readonly embeddings: Float32Array<ArrayBuffer>;
  readonly surfaces: Float32Array<ArrayBuffer>;
  readonly ngramCounts: Uint32Array<ArrayBuffer>;
  readonly ngramWords: Uint16Array<ArrayBuffer>;
  readonly promptKeys: BigUint64Array<ArrayBuffer>;
  readonly foldHashes: Uint32Array<ArrayBuffer>;
}

/** Reads all that training needs of some texts. Without an encoder there are no embeddings and no n-grams. */
export async function extractBatch(
  { texts, seed }: ExtractionJob,
  encoder: Encoder | undefined,
): Promise<ExtractedBatch> {
  const dimension = encoder?.dimension ?? 0;
  const embeddings = new Float32Array(texts.length * dimension);
  const surfaces = new Float32Array(texts.length * surfaceCount);
  const ngramCounts = new Uint32Array(texts.length);
  const ngrams: Uint16Array[] = [];
  const keys = texts.map((text) => promptKey(text));
  for (const [row, text] of texts.entries()) {
    const features = countFeatures(text);
    surfaces.set(features.surface, row * surfaceCount);
    if (encoder === undefined) continue;
    const words = packNgrams(features.ngrams);
    ngramCounts[row] = words.length;
    ngrams.push(words);
  }
  if (encoder !== undefined) {
    let row = 0;
    for await (const vector of encodeInOrder(encoder, texts)) embeddings.set(vector, row++ * dimension);
  }
  const ngramWords = new Uint16Array(ngrams.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const words of ngrams) {
    ngramWords.set(words, at);
    at += words.length;
  }
  return {
    rows: texts.length,
    embeddings,
    surfaces,
    ngramCounts,
    ngramWords,
    promptKeys: BigUint64Array.from(keys, textKey),
    foldHashes: Uint32Array.from(keys, (key) => foldHash(key, seed)),
  };
}
