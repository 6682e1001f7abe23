import { z } from "zod";
import { renderJson, sha256Hex } from "./manifest.ts";

export const encoderFormatVersion = 1;

const file = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().nonnegative() });

const common = {
  formatVersion: z.literal(encoderFormatVersion),
  /** The encoder's name, without its digest. */
  reference: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/),
  dimension: z.number().int().min(1).max(8192),
  /** How many tokens of a text are read, [CLS] and [SEP] included where the encoder has them. */
  maxTokens: z.number().int().min(1).max(8192),
  /** A longer text is cut, head and tail kept, before it is tokenised. */
  maxCharacters: z.number().int().min(16).max(1_000_000),
  licence: z.string().min(1),
  /** What it was made of, and where that comes from. */
  origin: z.string().min(1),
};

const staticSchema = z.object({
  ...common,
  /** The unit-length sum of one row per token. */
  kind: z.literal("static"),
  /** Rows of the table: one per token of the vocabulary. */
  rows: z.number().int().min(1).max(1_000_000),
  /** The command that made it. */
  command: z.string().min(1),
  files: z.object({ "tokenizer.json": file, "table.bin": file }),
});

const tensorName = z.string().min(1).max(256);

const onnxSchema = z.object({
  ...common,
  /** A transformer as an ONNX graph. */
  kind: z.literal("onnx"),
  /** The command that made it. */
  command: z.string().min(1),
  /** `int8` with dynamic scales makes a vector depend on its batch mates, so it is never batched on a CPU. */
  precision: z.enum(["int8", "fp32"]),
  graph: z.object({
    /** Input of token ids, int64 [batch, tokens]. */
    ids: tensorName,
    /** Input that is 1 for a token and 0 for padding, of type `maskType`, [batch, tokens]. */
    mask: tensorName,
    /** Input of 0, 1, 2 ..., int64; [tokens], or [batch, tokens] where the graph declares two axes. */
    positions: tensorName.optional(),
    /** Input of zeros, int64 [batch, tokens]. */
    tokenTypes: tensorName.optional(),
    /** float32: [batch, dimension] with pooling `inside`, else [batch, tokens, dimension]. */
    output: tensorName,
    maskType: z.enum(["float", "int64"]),
    pooling: z.enum(["inside", "mean", "cls"]),
  }),
  /** Whether the vector is scaled to unit length after the graph; false when the graph does it. */
  normalise: z.boolean(),
  /** Put before every text, as some encoders want for a query. */
  prefix: z.string().max(1024),
  /** `wordpiece`: uncased BERT, by our own tokenizer; `huggingface`: whatever tokenizer.json describes. */
  tokenizer: z.enum(["wordpiece", "huggingface"]),
  files: z.object({ "model.onnx": file, "tokenizer.json": file }),
});

const remoteSchema = z.object({
  ...common,
  /** A server that encodes. It tokenises and scales; the text is cut in characters here. */
  kind: z.literal("remote"),
  /** `tei-grpc`: Hugging Face text-embeddings-inference; `openai`: `POST <url>/embeddings`. */
  protocol: z.enum(["tei-grpc", "openai"]),
  /** `http://host:port` or `https://…`; for `openai` with its `/v1`. */
  url: z.url({ protocol: /^https?$/ }),
  /** The model's name at the server: sent to an OpenAI-compatible one, checked against what TEI says it serves. */
  model: z.string().min(1).max(256).optional(),
  prefix: z.string().max(1024),
  /** Deadline of one request, in milliseconds. */
  timeoutMs: z.number().int().min(1).max(600_000),
  /** The most texts of one request. */
  maxBatch: z.number().int().min(1).max(2048),
  /** Name of the environment variable that holds the API key. */
  keyVariable: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/)
    .optional(),
});

/** `encoder.json`: what an encoder is, where it comes from, and the digests of its files. */
export const encoderManifestSchema = z.discriminatedUnion("kind", [staticSchema, onnxSchema, remoteSchema]);

export type EncoderManifest = z.infer<typeof encoderManifestSchema>;
export type StaticEncoderManifest = z.infer<typeof staticSchema>;
export type OnnxEncoderManifest = z.infer<typeof onnxSchema>;
export type RemoteEncoderManifest = z.infer<typeof remoteSchema>;

/**
 * `<reference>@sha256:<digest>`, equal for encoders that give equal vectors. The digest is that of `table.bin` for a static
 * encoder. For an ONNX one it is taken over the digests of both files and everything else that shapes a vector; for a
 * remote one over what is asked of the server, but not over its address, which may differ between training and serving.
 */
export function encoderId(manifest: EncoderManifest): string {
  return `${manifest.reference}@sha256:${digestOf(manifest)}`;
}

function digestOf(manifest: EncoderManifest): string {
  switch (manifest.kind) {
    case "static":
      return manifest.files["table.bin"].sha256;
    case "onnx": {
      const { kind, dimension, maxTokens, maxCharacters, normalise, prefix, tokenizer, files } = manifest;
      const { pooling } = manifest.graph;
      const digests = [files["model.onnx"].sha256, files["tokenizer.json"].sha256];
      const shaping = { kind, dimension, maxTokens, maxCharacters, pooling, normalise, prefix, tokenizer };
      return sha256Hex(renderJson({ ...shaping, files: digests }));
    }
    case "remote": {
      const { kind, protocol, model = null, dimension, maxTokens, maxCharacters, prefix } = manifest;
      return sha256Hex(renderJson({ kind, protocol, model, dimension, maxTokens, maxCharacters, prefix }));
    }
    default:
      return manifest satisfies never;
  }
}
