import { basename, join, resolve } from "node:path";
import {
  type Encoder,
  quantiseTable,
  type TokenizerFile,
  tokenizerSchema,
  writeEncoder,
} from "@ipr/estimator";
import { IprError, status } from "@ipr/errors";
import { badData } from "../data/bad-data.ts";
import { parseJson } from "../data/parse-json.ts";
import type { OnProgress } from "../progress.ts";
import { readBertCheckpoint } from "../checkpoint/bert-checkpoint.ts";
import { readGoldenVectors } from "../checkpoint/golden-vectors.ts";
import { knownCheckpoints } from "../checkpoint/known-checkpoints.ts";
import { checkPooled, openTokenEncoder, type TokenEncoder } from "./token-encoder.ts";
import { principalAxes } from "./principal-components.ts";

export interface DistillOptions {
  /** A Hugging Face directory with `config.json`, `tokenizer.json` and `model.safetensors` of an uncased BERT. */
  readonly from: string;
  readonly out: string;
  /** The name the encoder gets; of a known checkpoint its own, else "static-" and the directory's name. */
  readonly reference?: string | undefined;
  readonly dimension?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxCharacters?: number | undefined;
  /** Licence and origin of the weights, for the manifest; those of a known checkpoint are known. */
  readonly licence?: string | undefined;
  readonly origin?: string | undefined;
  /** Vectors the checkpoint must give (see `readGoldenVectors`); a known one is checked by its own. */
  readonly golden?: string | undefined;
}

const defaultDimension = 256;
const defaultMaxTokens = 128;
const defaultMaxCharacters = 4096;
const batchTokens = 256;

/**
 * Makes a static table from a sentence encoder (as Model2Vec does): every token of the vocabulary goes through the
 * encoder alone, the leading principal components are kept, and each row is weighted by how rare its token is.
 */
export async function distill(options: DistillOptions, onProgress: OnProgress = () => {}): Promise<Encoder> {
  const { from, out } = options;
  const dimension = options.dimension ?? defaultDimension;
  const checkpoint = await readBertCheckpoint(from);
  if (dimension > checkpoint.shape.hidden) {
    throw new IprError(
      status.INVALID_ARGUMENT,
      "INVALID_FIELD",
      `dimension is ${dimension}, but must be at most ${checkpoint.shape.hidden}, the size of the encoder's own vectors`,
    );
  }
  await using encoder = await openTokenEncoder(checkpoint);
  const known = knownCheckpoints.get(checkpoint.weightsSha256);
  const golden = options.golden ?? known?.golden;
  if (golden !== undefined) await checkPooled(encoder, await readGoldenVectors(golden));
  const tokenizer = parseTokenizer(checkpoint.tokenizer, join(from, "tokenizer.json"));
  const special = specialTokens(tokenizer.model.vocab);
  const rows = await encodeVocabulary(encoder, special, onProgress);
  onProgress({ stage: "principal components", done: 0, total: 1 });
  const projected = project(rows, encoder.hidden, dimension, special.isSkipped);
  weightByRank(projected, dimension);
  onProgress({ stage: "principal components", done: 1, total: 1 });
  const origin = options.origin ?? known?.origin ?? "not stated";
  return writeEncoder(out, {
    reference: options.reference ?? `static-${known?.reference ?? basename(resolve(from))}-${dimension}`,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    maxCharacters: options.maxCharacters ?? defaultMaxCharacters,
    licence: options.licence ?? known?.licence ?? "not stated",
    origin: `${origin} (weights sha256 ${checkpoint.weightsSha256})`,
    command: `ipr encoder distill CHECKPOINT --dimension ${dimension} --out ENCODER`,
    tokenizer: checkpoint.tokenizer,
    table: quantiseTable(projected, dimension),
  });
}

function parseTokenizer(bytes: Uint8Array, file: string): TokenizerFile {
  const line = 0;
  const parsed = tokenizerSchema.safeParse(parseJson(file, line, Buffer.from(bytes).toString()));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badData(file, line, `is not of an uncased BERT: at "${issue?.path.join(".")}", ${issue?.message}`);
}

interface SpecialTokens {
  readonly cls: number;
  readonly sep: number;
  /** Tokens that text never has: control tokens and unused places. They get a row of zeros. */
  readonly isSkipped: (id: number) => boolean;
}

function specialTokens(vocabulary: Readonly<Record<string, number>>): SpecialTokens {
  const skipped = new Set(
    Object.entries(vocabulary)
      .filter(([token]) => /^\[(?:PAD|CLS|SEP|MASK|UNK|unused\d+)\]$/.test(token))
      .map(([, id]) => id),
  );
  const [cls, sep] = [vocabulary["[CLS]"], vocabulary["[SEP]"]];
  if (cls === undefined || sep === undefined) {
    throw new IprError(
      status.INVALID_ARGUMENT,
      "BAD_DATA",
      "tokenizer.json has no [CLS] or [SEP]; a BERT one does",
    );
  }
  return { cls, sep, isSkipped: (id) => skipped.has(id) };
}

async function encodeVocabulary(
  encoder: TokenEncoder,
  { cls, sep }: SpecialTokens,
  onProgress: OnProgress,
): Promise<Float32Array> {
  const total = encoder.vocabularySize;
  const rows = new Float32Array(total * encoder.hidden);
  for (let from = 0; from < total; from += batchTokens) {
    const to = Math.min(total, from + batchTokens);
    const sequences = Array.from({ length: to - from }, (_, i) => [cls, from + i, sep]);
    rows.set(await encoder.pool(sequences), from * encoder.hidden);
    onProgress({ stage: "encode vocabulary", done: to, total });
  }
  return rows;
}

/** The rows in the coordinates of their leading principal axes; skipped rows do not count and become zero. */
function project(
  rows: Float32Array,
  from: number,
  to: number,
  isSkipped: (id: number) => boolean,
): Float32Array {
  const count = rows.length / from;
  const kept = Array.from({ length: count }, (_, id) => id).filter((id) => !isSkipped(id));
  const mean = new Float64Array(from);
  for (const id of kept) for (let i = 0; i < from; i++) mean[i]! += rows[id * from + i]! / kept.length;
  const covariance = new Float64Array(from * from);
  const centred = new Float64Array(from);
  for (const id of kept) {
    for (let i = 0; i < from; i++) centred[i] = rows[id * from + i]! - mean[i]!;
    for (let i = 0; i < from; i++) {
      const value = centred[i]! / kept.length;
      for (let j = 0; j < from; j++) covariance[i * from + j]! += value * centred[j]!;
    }
  }
  const axes = principalAxes(covariance, from, to);
  const projected = new Float32Array(count * to);
  const sum = new Float64Array(to);
  for (const id of kept) {
    sum.fill(0);
    for (let i = 0; i < from; i++) {
      const value = rows[id * from + i]! - mean[i]!;
      for (let j = 0; j < to; j++) sum[j]! += value * axes[i * to + j]!;
    }
    projected.set(sum, id * to);
  }
  return projected;
}

/** A vocabulary is sorted by falling frequency, so a token's rank says how rare it is (Zipf): weight log(1 + rank). */
function weightByRank(rows: Float32Array, dimension: number): void {
  for (let at = 0; at < rows.length; at++) rows[at]! *= Math.log1p(1 + Math.floor(at / dimension));
}
