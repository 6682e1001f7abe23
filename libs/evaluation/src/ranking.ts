import type { Statistic } from "./bootstrap.ts";
import { firstAtLeast } from "./first-at-least.ts";
import { acrossBatch, type Batch, batchSize } from "./resamples.ts";

/** Prompts of one candidate in rising order of its estimate, good answers before bad ones where estimates are equal. */
export interface Ranking {
  readonly rows: Uint32Array;
  /** All bits set for a good answer, else 0; a mask, so that the sums below need no branch. */
  readonly isGood: Int32Array;
  /** Starts and ends (exclusive) of the runs of equal estimates that hold good answers and bad ones. */
  readonly mixedRuns: readonly (readonly [start: number, end: number])[];
  readonly good: number;
  readonly bad: number;
}

export function rankingOf(
  rows: readonly number[],
  {
    estimate,
    isGood,
  }: { readonly estimate: (row: number) => number; readonly isGood: (row: number) => boolean },
): Ranking {
  // Places are looked up among sorted numbers, which takes a fraction of sorting rows by comparison.
  const sorted = Float64Array.from(rows, estimate).toSorted();
  const places = Uint32Array.from(rows, (row) => firstAtLeast(sorted, estimate(row)));
  const goodIn = new Uint32Array(rows.length);
  const [ordered, masks, taken] = [
    new Uint32Array(rows.length),
    new Int32Array(rows.length),
    new Uint32Array(rows.length),
  ];
  let good = 0;
  for (const mask of [-1, 0]) {
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      if (isGood(row) !== (mask === -1)) continue;
      const start = places[index]!;
      const position = start + taken[start]!;
      taken[start]! += 1;
      ordered[position] = row;
      masks[position] = mask;
      if (mask === 0) continue;
      goodIn[start]! += 1;
      good += 1;
    }
  }
  const mixedRuns: (readonly [number, number])[] = [];
  for (let start = 0; start < rows.length; start++) {
    if (goodIn[start]! > 0 && goodIn[start]! < taken[start]!) mixedRuns.push([start, start + taken[start]!]);
  }
  return { rows: ordered, isGood: masks, mixedRuns, good, bad: rows.length - good };
}

/** The chance that a good answer was estimated higher than a bad one, ties counted half. */
export function weightedAuc(ranking: Ranking): Statistic {
  return acrossBatch((batch) => {
    const { wins, good, bad } = untiedWins(ranking, batch);
    addTies(wins, ranking, batch);
    return batch.weights.map((_, lane) => wins[lane]! / (good[lane]! * bad[lane]!));
  });
}

/**
 * Sums over pairs of a good and a bad answer in one pass. This runs for each candidate and batch of resamples, so it is
 * written out for the four of a batch. A product of integers is exact up to 2^31: far more than one prompt's count times
 * all others.
 */
function untiedWins({ rows, isGood }: Ranking, { counts }: Batch) {
  let [good1, good2, good3, good4] = [0, 0, 0, 0];
  let [bad1, bad2, bad3, bad4] = [0, 0, 0, 0];
  let [wins1, wins2, wins3, wins4] = [0, 0, 0, 0];
  for (let index = 0; index < rows.length; index++) {
    const at = batchSize * rows[index]!;
    const mask = isGood[index]!;
    const count1 = counts[at]!;
    const count2 = counts[at + 1]!;
    const count3 = counts[at + 2]!;
    const count4 = counts[at + 3]!;
    const own1 = count1 & mask;
    const own2 = count2 & mask;
    const own3 = count3 & mask;
    const own4 = count4 & mask;
    wins1 += Math.imul(own1, bad1);
    wins2 += Math.imul(own2, bad2);
    wins3 += Math.imul(own3, bad3);
    wins4 += Math.imul(own4, bad4);
    good1 = (good1 + own1) | 0;
    good2 = (good2 + own2) | 0;
    good3 = (good3 + own3) | 0;
    good4 = (good4 + own4) | 0;
    bad1 = (bad1 + count1 - own1) | 0;
    bad2 = (bad2 + count2 - own2) | 0;
    bad3 = (bad3 + count3 - own3) | 0;
    bad4 = (bad4 + count4 - own4) | 0;
  }
  return {
    wins: Float64Array.of(wins1, wins2, wins3, wins4),
    good: [good1, good2, good3, good4],
    bad: [bad1, bad2, bad3, bad4],
  };
}

/** In a run of equals no good answer comes after a bad one, so that the pass above counted none of its pairs. */
function addTies(wins: Float64Array, { rows, isGood, mixedRuns }: Ranking, { counts }: Batch): void {
  for (const [start, end] of mixedRuns) {
    let [good1, good2, good3, good4] = [0, 0, 0, 0];
    let [all1, all2, all3, all4] = [0, 0, 0, 0];
    for (let index = start; index < end; index++) {
      const at = batchSize * rows[index]!;
      const mask = isGood[index]!;
      const count1 = counts[at]!;
      const count2 = counts[at + 1]!;
      const count3 = counts[at + 2]!;
      const count4 = counts[at + 3]!;
      good1 = (good1 + (count1 & mask)) | 0;
      good2 = (good2 + (count2 & mask)) | 0;
      good3 = (good3 + (count3 & mask)) | 0;
      good4 = (good4 + (count4 & mask)) | 0;
      all1 = (all1 + count1) | 0;
      all2 = (all2 + count2) | 0;
      all3 = (all3 + count3) | 0;
      all4 = (all4 + count4) | 0;
    }
    wins[0]! += (good1 * (all1 - good1)) / 2;
    wins[1]! += (good2 * (all2 - good2)) / 2;
    wins[2]! += (good3 * (all3 - good3)) / 2;
    wins[3]! += (good4 * (all4 - good4)) / 2;
  }
}
