import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { activations, type BertShape, type BertWeights, parseSafetensors } from "@ipr/onnx";
import { z } from "zod";
import { badData } from "../data/bad-data.ts";
import { parseJson } from "../data/parse-json.ts";

const bertConfig = z.object({
  model_type: z.literal("bert"),
  hidden_act: z.enum(activations),
  hidden_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  layer_norm_eps: z.number().positive(),
  vocab_size: z.number().int().positive(),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

/** The files of a BERT sentence encoder as Hugging Face lays them out. */
export interface BertCheckpoint {
  readonly shape: BertShape;
  readonly vocabularySize: number;
  /** How many tokens it has places for. */
  readonly maxPositions: number;
  /** Throws for a tensor that the file lacks or that has another size than `config.json` says. */
  readonly weights: BertWeights;
  readonly weightsSha256: string;
  /** The tokenizer's file as it is. */
  readonly tokenizer: Uint8Array;
}

/** Reads `config.json`, `tokenizer.json` and `model.safetensors` of a directory. */
export async function readBertCheckpoint(dir: string): Promise<BertCheckpoint> {
  const configFile = join(dir, "config.json");
  const config = bertConfig.safeParse(await readCheckpointJson(dir, "config.json"));
  if (!config.success) {
    const [issue] = config.error.issues;
    throw badData(configFile, 0, `is not of a BERT encoder: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { hidden_size: hidden, num_attention_heads: heads } = config.data;
  if (hidden % heads !== 0) {
    throw badData(configFile, 0, `has num_attention_heads ${heads}, which must divide hidden_size ${hidden}`);
  }
  const weightsFile = join(dir, "model.safetensors");
  const bytes = await readCheckpointFile(dir, "model.safetensors");
  const tensors = parseSafetensors(bytes, weightsFile);
  const weights: BertWeights = (name) => {
    const tensor = tensors.get(name) ?? tensors.get(`bert.${name}`);
    if (tensor === undefined) throw badData(weightsFile, 0, `has no float tensor ${name}`);
    return tensor;
  };
  const words = weights("embeddings.word_embeddings.weight").shape;
  if (words[0] !== config.data.vocab_size || words[1] !== hidden) {
    throw badData(
      weightsFile,
      0,
      `has embeddings.word_embeddings.weight of ${words.join(" x ")}, but config.json says ${config.data.vocab_size} x ${hidden}`,
    );
  }
  return {
    shape: {
      layers: config.data.num_hidden_layers,
      hidden,
      heads,
      layerNormEpsilon: config.data.layer_norm_eps,
      activation: config.data.hidden_act,
    },
    vocabularySize: config.data.vocab_size,
    maxPositions: weights("embeddings.position_embeddings.weight").shape[0] ?? 0,
    weights,
    weightsSha256: createHash("sha256").update(bytes).digest("hex"),
    tokenizer: await readCheckpointFile(dir, "tokenizer.json"),
  };
}

export async function readCheckpointJson(dir: string, name: string): Promise<unknown> {
  const bytes = await readCheckpointFile(dir, name);
  const wholeFile = 0;
  return parseJson(join(dir, name), wholeFile, Buffer.from(bytes).toString());
}

export async function readCheckpointFile(dir: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(dir, name));
  } catch (error) {
    throw badData(
      join(dir, name),
      0,
      "cannot be read; a Hugging Face directory with this file is needed",
      error,
    );
  }
}
