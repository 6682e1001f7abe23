import { IprError, status } from "@ipr/errors";
import { z } from "zod";
import { badData } from "../data/bad-data.ts";
import { parseJson } from "../data/parse-json.ts";
import { readLines } from "../data/read-lines.ts";
import type { BertCheckpoint } from "./bert-checkpoint.ts";

const goldenVector = z.object({
  prompt: z.string(),
  input_ids: z.array(z.number().int().nonnegative()).min(1),
  embedding: z.array(z.number()).min(1),
});

/** A sentence vector that a checkpoint is known to give: mean pooling, unit length. */
export type GoldenVector = z.infer<typeof goldenVector>;

/** A checkpoint read rightly differs from its golden vectors by rounding only. */
const minCosine = 0.9999;

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

/** Refuses a checkpoint that does not give the vectors it should: a wrong file, or a graph built wrongly. */
export async function checkGoldenVectors(
  bert: BertCheckpoint,
  golden: readonly GoldenVector[],
): Promise<void> {
  for (const { prompt, input_ids: ids, embedding } of golden) {
    const similarity = cosine(await bert.pool([ids]), embedding);
    if (similarity >= minCosine) continue;
    throw new IprError(
      status.FAILED_PRECONDITION,
      "BAD_DATA",
      `the checkpoint gives another vector for ${JSON.stringify(prompt.slice(0, 40))} than it should ` +
        `(cosine ${similarity.toFixed(4)}, expected at least ${minCosine}); is it the right file?`,
    );
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * (b[i] ?? 0);
    squaresA += a[i]! ** 2;
    squaresB += (b[i] ?? 0) ** 2;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}
