import { IprError, status } from "@ipr/errors";
import { bertGraph, bertPorts, openSession } from "@ipr/onnx";
import type { BertCheckpoint } from "../checkpoint/bert-checkpoint.ts";
import { cosine } from "../checkpoint/cosine.ts";
import type { GoldenVector } from "../checkpoint/golden-vectors.ts";

/** A checkpoint that runs, in 32-bit floats, on token ids. */
export interface TokenEncoder extends AsyncDisposable {
  readonly hidden: number;
  readonly vocabularySize: number;
  /** The mean over the tokens of each sequence; all of one length, [CLS] and [SEP] included. */
  pool(sequences: readonly (readonly number[])[]): Promise<Float32Array>;
}

export async function openTokenEncoder(checkpoint: BertCheckpoint): Promise<TokenEncoder> {
  const { shape, weights, vocabularySize } = checkpoint;
  const options = { precision: "fp32", pooling: "mean", normalise: false } as const;
  const session = await openSession(bertGraph(shape, weights, options));
  return {
    hidden: shape.hidden,
    vocabularySize,
    async pool(sequences) {
      const batch = [sequences.length, sequences[0]?.length ?? 0];
      const ids = BigInt64Array.from(sequences.flat(), BigInt);
      const results = await session.run({
        [bertPorts.ids]: { shape: batch, data: ids },
        [bertPorts.mask]: { shape: batch, data: new BigInt64Array(ids.length).fill(1n) },
      });
      return results[bertPorts.output]!.data as Float32Array;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** A checkpoint read rightly differs from its golden vectors by rounding only. */
const minCosine = 0.9999;

/** Refuses a checkpoint that does not give the vectors it should: a wrong file, or a graph built wrongly. */
export async function checkPooled(encoder: TokenEncoder, golden: readonly GoldenVector[]): Promise<void> {
  for (const { prompt, input_ids: ids, embedding } of golden) {
    const similarity = cosine(await encoder.pool([ids]), embedding);
    if (similarity >= minCosine) continue;
    throw new IprError(
      status.FAILED_PRECONDITION,
      "BAD_DATA",
      `the checkpoint gives another vector for ${JSON.stringify(prompt.slice(0, 40))} than it should ` +
        `(cosine ${similarity.toFixed(4)}, expected at least ${minCosine}); is it the right file?`,
    );
  }
}
