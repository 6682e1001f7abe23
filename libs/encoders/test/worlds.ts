import { join } from "node:path";
import {
  encoderFormatVersion,
  type OnnxEncoderManifest,
  quantiseTable,
  type RemoteEncoderManifest,
  writeEncoder,
  writeEncoderFiles,
} from "@ipr/estimator";
import { writeFile } from "node:fs/promises";
import { bertGraph, bertPorts, type BertShape, type Precision } from "@ipr/onnx";
import { tinyBertWeights } from "@ipr/onnx/tiny-bert";
import { bertTokenizer, temporaryDirectory } from "@ipr/testing";

export const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "green", "blue", "fish", "##es", "a"];

const described = {
  formatVersion: encoderFormatVersion,
  licence: "test",
  origin: "test",
} as const;

export interface Directory extends AsyncDisposable {
  readonly path: string;
}

/** A tokenizer.json; `extra` is put beside what a WordPiece tokenizer needs. */
export function tokenizerBytes(extra: object = {}): Uint8Array {
  return Buffer.from(JSON.stringify({ ...bertTokenizer(words), ...extra }));
}

export async function staticEncoder(dir: string): Promise<string> {
  const dimension = 4;
  const rows = Float32Array.from(
    { length: words.length * dimension },
    (_, i) => Math.sin(1 + i) * (i >= 4 * dimension ? 1 : 0),
  );
  await writeEncoder(dir, {
    reference: "tiny-static",
    maxTokens: 16,
    maxCharacters: 64,
    ...described,
    command: "test",
    tokenizer: tokenizerBytes(),
    table: quantiseTable(rows, dimension),
  });
  return dir;
}

const shape: BertShape = { layers: 1, hidden: 8, heads: 2, layerNormEpsilon: 1e-12, activation: "gelu" };

export interface OnnxOverrides extends Partial<Omit<OnnxEncoderManifest, "files" | "kind">> {
  readonly tokenizerFile?: Uint8Array;
  readonly model?: Uint8Array;
}

export function tinyModel(precision: Precision = "fp32"): Uint8Array {
  const weights = tinyBertWeights(shape, { vocabulary: words.length, positions: 16, intermediate: 16 });
  return bertGraph(shape, weights, { precision, pooling: "mean", normalise: false });
}

export async function onnxEncoder(dir: string, overrides: OnnxOverrides = {}): Promise<string> {
  const { tokenizerFile = tokenizerBytes(), model, ...manifest } = overrides;
  await writeEncoderFiles<OnnxEncoderManifest>(dir, {
    ...described,
    kind: "onnx",
    reference: "tiny-onnx",
    dimension: shape.hidden,
    maxTokens: 8,
    maxCharacters: 64,
    command: "test",
    precision: "fp32",
    graph: { ...bertPorts, maskType: "int64", pooling: "inside" },
    normalise: true,
    prefix: "",
    tokenizer: "wordpiece",
    ...manifest,
    files: { "tokenizer.json": tokenizerFile, "model.onnx": model ?? tinyModel(manifest.precision) },
  });
  return dir;
}

export async function remoteEncoder(
  dir: string,
  overrides: Partial<RemoteEncoderManifest> & Pick<RemoteEncoderManifest, "protocol" | "url">,
): Promise<string> {
  const manifest: RemoteEncoderManifest = {
    ...described,
    kind: "remote",
    reference: "tiny-remote",
    dimension: 3,
    maxTokens: 16,
    maxCharacters: 64,
    model: "tiny/model",
    prefix: "",
    timeoutMs: 30_000,
    maxBatch: 4,
    ...overrides,
  };
  await writeFile(join(dir, "encoder.json"), JSON.stringify(manifest));
  return dir;
}

export { temporaryDirectory };
