import { badData } from "../data/bad-data.ts";
import { maxRows } from "../data/join-data.ts";
import type { ImportedRow, ImportLog } from "./importer.ts";

export interface Answer {
  readonly id: string;
  readonly source: string;
  readonly prompt: string;
  readonly candidate: string;
  readonly score: number;
  readonly outputTokens?: number | undefined;
  readonly file: string;
  readonly row: number;
}

export interface Gathering {
  add(answer: Answer): void;
  rows(): Iterable<ImportedRow>;
}

interface Gathered extends ImportedRow {
  readonly scores: Record<string, number>;
  readonly outputTokens: Record<string, number>;
}

/**
 * Puts formats with a record per answer together to a row per prompt, in memory. `onRepeat` says which of two scores of
 * one candidate for one prompt stays; by default the first.
 */
export function createGathering(
  log: ImportLog,
  onRepeat: (first: number, next: number) => number = (first) => first,
): Gathering {
  const rows = new Map<string, Gathered>();
  return {
    add({ id, source, prompt, candidate, score, outputTokens, file, row }) {
      let gathered = rows.get(id);
      if (gathered === undefined) {
        if (rows.size >= maxRows)
          throw badData(file, 0, `brings the data over ${maxRows} prompts; give fewer files`);
        gathered = { id, source, prompt, scores: {}, outputTokens: {}, file, row };
        rows.set(id, gathered);
      }
      if (gathered.prompt !== prompt) {
        log.drop("an answer to another prompt than the first one with its id");
        return;
      }
      const known = gathered.scores[candidate];
      if (known !== undefined) log.drop("another answer of the same candidate to the same prompt");
      gathered.scores[candidate] = known === undefined ? score : onRepeat(known, score);
      if (outputTokens !== undefined) gathered.outputTokens[candidate] ??= outputTokens;
    },
    rows: () => rows.values(),
  };
}
