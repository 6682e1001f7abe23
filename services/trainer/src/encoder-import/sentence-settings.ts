import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Pooling } from "@ipr/onnx";
import { z } from "zod";
import { readCheckpointJson } from "../checkpoint/bert-checkpoint.ts";
import { badData } from "../data/bad-data.ts";

/** What sentence-transformers' files say about turning token vectors into a sentence's. */
export interface SentenceSettings {
  readonly pooling: Pooling | undefined;
  /** The most tokens it was made for. */
  readonly maxTokens: number | undefined;
}

const modules = z.array(z.object({ type: z.string(), path: z.string() }));
const poolingConfig = z.record(z.string(), z.unknown());
const sentenceConfig = z.object({ max_seq_length: z.number().int().positive().nullish() });

/** Steps after which a vector is still what our graph gives: it pools and scales to unit length itself. */
const knownSteps = ["Transformer", "Pooling", "Normalize"];

/** Reads `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`, each where present. */
export async function readSentenceSettings(
  dir: string,
  stated: Pooling | undefined,
): Promise<SentenceSettings> {
  const steps = await readOptional(dir, "modules.json", modules);
  const unknown = steps?.find(({ type }) => !knownSteps.includes(nameOf(type)));
  if (unknown !== undefined) {
    throw badData(
      join(dir, "modules.json"),
      0,
      `has a step of type ${unknown.type}, but only ${knownSteps.join(", ")} can be imported`,
    );
  }
  const poolingDir = steps?.find(({ type }) => nameOf(type) === "Pooling")?.path ?? "1_Pooling";
  const file = join(poolingDir, "config.json");
  const pooling = await readOptional(dir, file, poolingConfig);
  const sentence = await readOptional(dir, "sentence_bert_config.json", sentenceConfig);
  return {
    pooling: stated ?? (pooling && poolingOf(join(dir, file), pooling)),
    maxTokens: sentence?.max_seq_length ?? undefined,
  };
}

/** `sentence_transformers.models.Pooling` is `Pooling`. */
function nameOf(type: string): string {
  return type.slice(type.lastIndexOf(".") + 1);
}

function poolingOf(file: string, config: Readonly<Record<string, unknown>>): Pooling {
  const modes = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  if (modes.length === 1 && modes[0] === "pooling_mode_mean_tokens") return "mean";
  if (modes.length === 1 && modes[0] === "pooling_mode_cls_token") return "cls";
  throw badData(
    file,
    0,
    `has ${modes.join(" and ") || "no pooling_mode_*"} set; the mean or the first token ([CLS]) can be imported, or state --pooling`,
  );
}

async function readOptional<Schema extends z.ZodType>(
  dir: string,
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  if (!existsSync(join(dir, file))) return undefined;
  const parsed = schema.safeParse(await readCheckpointJson(dir, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badData(join(dir, file), 0, `is not as expected, at "${issue?.path.join(".")}": ${issue?.message}`);
}
