import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { IprError, status } from "@ipr/errors";
import { type BertShape, bertGraph, type CheckpointTensor, openSession, parseSafetensors } from "@ipr/onnx";
import { z } from "zod";

const bertConfig = z.object({
  model_type: z.literal("bert"),
  hidden_act: z.literal("gelu"),
  hidden_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  layer_norm_eps: z.number().positive(),
  vocab_size: z.number().int().positive(),
});

/** A BERT sentence encoder read from a Hugging Face directory. */
export interface BertCheckpoint extends AsyncDisposable {
  readonly hidden: number;
  readonly vocabularySize: number;
  /** The tokenizer's file as it is. */
  readonly tokenizer: Uint8Array;
  /** The weights' file as it is, for its digest. */
  readonly weights: Uint8Array;
  /** The mean over the tokens of each sequence; all of one length, [CLS] and [SEP] included. */
  pool(sequences: readonly (readonly number[])[]): Promise<Float32Array>;
}

/** Opens `config.json`, `tokenizer.json` and `model.safetensors` of a directory as an encoder in 32-bit floats. */
export async function openBert(dir: string): Promise<BertCheckpoint> {
  const config = bertConfig.safeParse(await readJson(dir, "config.json"));
  if (!config.success) {
    const [issue] = config.error.issues;
    throw badCheckpoint(
      join(dir, "config.json"),
      `is not of a BERT encoder: ${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
  const shape: BertShape = {
    layers: config.data.num_hidden_layers,
    hidden: config.data.hidden_size,
    heads: config.data.num_attention_heads,
    layerNormEpsilon: config.data.layer_norm_eps,
  };
  const weights = await readCheckpointFile(dir, "model.safetensors");
  const tokenizer = await readCheckpointFile(dir, "tokenizer.json");
  const tensors = parseSafetensors(weights, join(dir, "model.safetensors"));
  const session = await openSession(bertGraph(shape, (name) => tensorOf(dir, tensors, name)));
  return {
    hidden: shape.hidden,
    vocabularySize: config.data.vocab_size,
    tokenizer,
    weights,
    async pool(sequences) {
      const tokens = sequences[0]?.length ?? 0;
      const batch = [sequences.length, tokens];
      const { pooled } = await session.run({
        ids: { shape: batch, data: BigInt64Array.from(sequences.flat(), BigInt) },
        positions: { shape: [tokens], data: BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i)) },
        mask: { shape: batch, data: new Float32Array(sequences.length * tokens).fill(1) },
      });
      return pooled!.data as Float32Array;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function tensorOf(
  dir: string,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  name: string,
): CheckpointTensor {
  const tensor = tensors.get(name) ?? tensors.get(`bert.${name}`);
  if (tensor === undefined)
    throw badCheckpoint(join(dir, "model.safetensors"), `has no 32-bit tensor ${name}`);
  return tensor;
}

async function readJson(dir: string, name: string): Promise<unknown> {
  const bytes = await readCheckpointFile(dir, name);
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw badCheckpoint(join(dir, name), "is not JSON", error);
  }
}

async function readCheckpointFile(dir: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(dir, name));
  } catch (error) {
    throw badCheckpoint(
      join(dir, name),
      "cannot be read; a Hugging Face directory with this file is needed",
      error,
    );
  }
}

function badCheckpoint(file: string, problem: string, cause?: unknown): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_DATA", `${file} ${problem}`, {
    metadata: { file },
    cause,
  });
}
