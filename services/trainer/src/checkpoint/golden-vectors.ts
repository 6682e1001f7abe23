import { z } from "zod";
import { badData } from "../data/bad-data.ts";
import { parseJson } from "../data/parse-json.ts";
import { readLines } from "../data/read-lines.ts";

const goldenVector = z.object({
  prompt: z.string(),
  input_ids: z.array(z.number().int().nonnegative()).min(1),
  embedding: z.array(z.number()).min(1),
});

/** A sentence vector that a checkpoint is known to give: mean pooling, unit length. */
export type GoldenVector = z.infer<typeof goldenVector>;

/** Reads golden vectors, one per line: `{"prompt", "input_ids", "embedding"}`. */
export async function readGoldenVectors(file: string): Promise<GoldenVector[]> {
  const vectors: GoldenVector[] = [];
  for await (const { number, text } of readLines(file)) {
    const parsed = goldenVector.safeParse(parseJson(file, number, text));
    if (!parsed.success)
      throw badData(file, number, 'is not a golden vector: {"prompt", "input_ids", "embedding"}');
    vectors.push(parsed.data);
  }
  return vectors;
}
