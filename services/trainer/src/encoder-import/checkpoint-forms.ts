import { basename, resolve } from "node:path";
import { IprError, status } from "@ipr/errors";
import {
  encoderFormatVersion,
  type OnnxEncoderManifest,
  tokenizerSchema,
  type WrittenEncoder,
} from "@ipr/estimator";
import { bertGraph, bertPorts, type Pooling, type Precision } from "@ipr/onnx";
import type { BertCheckpoint } from "../checkpoint/bert-checkpoint.ts";
import { readGoldenVectors, type GoldenVector } from "../checkpoint/golden-vectors.ts";
import { knownCheckpoints } from "../checkpoint/known-checkpoints.ts";
import { badData } from "../data/bad-data.ts";
import type { EncoderImportOptions } from "./import-encoder.ts";
import { readSentenceSettings } from "./sentence-settings.ts";

export const defaultMaxTokens = 128;
export const defaultMaxCharacters = 4_096;

/** A checkpoint with everything that is needed to write it as an encoder of either precision. */
export interface CheckpointForms {
  readonly pooling: Pooling;
  readonly golden: readonly GoldenVector[];
  form(precision: Precision): WrittenEncoder<OnnxEncoderManifest>;
}

export async function checkpointForms(
  dir: string,
  checkpoint: BertCheckpoint,
  options: EncoderImportOptions,
  origin: string | undefined,
): Promise<CheckpointForms> {
  const settings = await readSentenceSettings(dir, options.pooling);
  const pooling = settings.pooling ?? "mean";
  const known = knownCheckpoints.get(checkpoint.weightsSha256);
  const maxTokens =
    options.maxTokens ??
    Math.min(defaultMaxTokens, settings.maxTokens ?? defaultMaxTokens, checkpoint.maxPositions);
  if (maxTokens > checkpoint.maxPositions) {
    throw badData(
      dir,
      0,
      `has places for ${checkpoint.maxPositions} tokens (embeddings.position_embeddings), fewer than --max-tokens ${maxTokens}`,
    );
  }
  const prefix = options.prefix ?? "";
  const stated = options.origin ?? known?.origin ?? origin ?? "not stated";
  return {
    pooling,
    golden: await goldenFor(options, { known: known?.golden, pooling, prefix, maxTokens }),
    form: (precision) => ({
      formatVersion: encoderFormatVersion,
      kind: "onnx",
      reference: referenceOf(options.reference, known?.reference ?? basename(resolve(dir))),
      dimension: checkpoint.shape.hidden,
      maxTokens,
      maxCharacters: defaultMaxCharacters,
      licence: options.licence ?? known?.licence ?? "not stated",
      origin: `${stated} (weights sha256 ${checkpoint.weightsSha256})`,
      command: commandOf("CHECKPOINT", { ...options, precision, maxTokens }),
      precision,
      graph: { ...bertPorts, maskType: "int64", pooling: "inside" },
      normalise: false,
      prefix,
      tokenizer: tokenizerKind(checkpoint.tokenizer),
      files: {
        "model.onnx": bertGraph(checkpoint.shape, checkpoint.weights, {
          precision,
          pooling,
          normalise: true,
        }),
        "tokenizer.json": checkpoint.tokenizer,
      },
    }),
  };
}

/** The command that gives the same encoder again, without the places of files. */
export function commandOf(
  from: string,
  { precision, maxTokens, pooling, prefix }: Partial<EncoderImportOptions>,
): string {
  const options = [
    ...(precision === undefined ? [] : ["--precision", precision]),
    ...(maxTokens === undefined ? [] : ["--max-tokens", maxTokens]),
    ...(pooling === undefined ? [] : ["--pooling", pooling]),
    ...(prefix === undefined ? [] : ["--prefix", JSON.stringify(prefix)]),
  ];
  return ["ipr encoder import", from, ...options, "--out ENCODER"].join(" ");
}

/** A name as stated, or made of one that may have characters a reference cannot. */
export function referenceOf(stated: string | undefined, fallback: string): string {
  if (stated === undefined)
    return fallback.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "encoder";
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/.test(stated)) return stated;
  throw new IprError(
    status.INVALID_ARGUMENT,
    "BAD_CONFIG",
    `the reference ${JSON.stringify(stated)} must have 1 to 128 letters, digits, ".", "_", "/" or "-", and begin with a letter or digit`,
    { metadata: { setting: "reference" } },
  );
}

/** Ours where it gives the same ids, several times faster; else the one for every kind of tokenizer. */
export function tokenizerKind(content: Uint8Array): OnnxEncoderManifest["tokenizer"] {
  let description: unknown;
  try {
    description = JSON.parse(Buffer.from(content).toString());
  } catch (error) {
    throw badData("tokenizer.json", 0, "is not JSON", error);
  }
  const parsed = tokenizerSchema.safeParse(description);
  if (!parsed.success) return "huggingface";
  const { vocab } = parsed.data.model;
  return "[CLS]" in vocab && "[SEP]" in vocab ? "wordpiece" : "huggingface";
}

/** How much of a text the vectors of known checkpoints were made from. */
const knownMaxTokens = 128;

/** The vectors that the encoder must give: those stated, else the known ones that its settings leave as they are. */
async function goldenFor(
  { golden }: EncoderImportOptions,
  settings: { known: string | undefined; pooling: Pooling; prefix: string; maxTokens: number },
): Promise<GoldenVector[]> {
  if (golden !== undefined) return readGoldenVectors(golden);
  const { known, pooling, prefix, maxTokens } = settings;
  if (known === undefined || pooling !== "mean" || prefix !== "") return [];
  const vectors = await readGoldenVectors(known);
  if (maxTokens === knownMaxTokens) return vectors;
  return vectors.filter(({ input_ids: ids }) => ids.length < Math.min(maxTokens, knownMaxTokens));
}
