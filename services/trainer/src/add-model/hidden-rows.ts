import { createTrunk, type Encoder, extractFeatures, type TrunkModel } from "@ipr/estimator";
import { encodeInOrder } from "@ipr/encoders";
import type { OnProgress } from "../progress.ts";

/** The hidden units of all folds, row after row, as adapters read them. */
export interface HiddenRows {
  readonly rows: number;
  readonly folds: number;
  /** Units of one fold. */
  readonly units: number;
  readonly values: Float32Array;
}

/** What a trunk makes of each text. */
export async function readHiddenRows(
  texts: readonly string[],
  { encoder, trunk }: { readonly encoder: Encoder; readonly trunk: TrunkModel },
  onProgress: OnProgress,
): Promise<HiddenRows> {
  const read = createTrunk(trunk);
  const width = trunk.folds * trunk.hidden;
  const values = new Float32Array(texts.length * width);
  let row = 0;
  for await (const embedding of encodeInOrder(encoder, texts)) {
    const { surface, ngrams } = extractFeatures(texts[row]!);
    values.set(read(embedding, surface, ngrams), row * width);
    row++;
    if (row % 64 === 0 || row === texts.length) {
      onProgress({ stage: "read prompts", done: row, total: texts.length });
    }
  }
  return { rows: texts.length, folds: trunk.folds, units: trunk.hidden, values };
}

/** Some of the rows, in the order given. */
export function pickHiddenRows(hidden: HiddenRows, rows: readonly number[]): HiddenRows {
  const width = hidden.folds * hidden.units;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    values.set(hidden.values.subarray(row * width, (row + 1) * width), i * width);
  }
  return { ...hidden, rows: rows.length, values };
}
