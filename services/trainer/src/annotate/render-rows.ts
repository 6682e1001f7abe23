import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Calibration, calibrated } from "./scoring/calibration.ts";
import type { PromptResult } from "./results.ts";

/** Scores need no more digits than this: judges have far fewer. */
const scoreDigits = 6;

/**
 * Writes labelled prompts, whole or not at all. A prompt without any score is left out: it teaches nothing.
 *
 * @returns how many rows were written
 */
export async function renderRows(
  file: string,
  results: AsyncIterable<PromptResult>,
  calibration: Calibration,
): Promise<number> {
  const fresh = `${file}.new-${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const target = createWriteStream(fresh);
    const ended = finished(target);
    const packed = file.endsWith(".gz") ? createGzip() : undefined;
    packed?.pipe(target);
    const sink = packed ?? target;
    let count = 0;
    for await (const result of results) {
      const row = toRow(result, calibration);
      if (row === undefined) continue;
      count++;
      if (!sink.write(`${JSON.stringify(row)}\n`)) await Promise.race([once(sink, "drain"), ended]);
    }
    sink.end();
    await ended;
    await syncFile(fresh);
    await rename(fresh, file);
    return count;
  } finally {
    await rm(fresh, { force: true });
  }
}

function toRow({ prompt, answers }: PromptResult, calibration: Calibration): object | undefined {
  const scored = answers.flatMap(({ candidate, raw, answer }) =>
    raw === undefined ? [] : [{ candidate, raw, outputTokens: answer?.outputTokens }],
  );
  if (scored.length === 0) return undefined;
  const lengths = scored.flatMap(({ candidate, outputTokens }) =>
    outputTokens === undefined ? [] : [[candidate, outputTokens] as const],
  );
  const { id, source, messages, split } = prompt;
  return {
    id,
    source,
    ...(messages === undefined ? { prompt: prompt.prompt } : { messages }),
    scores: Object.fromEntries(
      scored.map(({ candidate, raw }) => [
        candidate,
        Number(calibrated(raw, calibration).toFixed(scoreDigits)),
      ]),
    ),
    ...(lengths.length === 0 ? {} : { output_tokens: Object.fromEntries(lengths) }),
    split,
  };
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
