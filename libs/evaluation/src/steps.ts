import type { Matrix } from "./matrix.ts";

/**
 * What a routing rule chooses for each prompt as its setting (tolerance or price weight) rises from its lowest value:
 * a step function per prompt. Kept exactly, so that any setting can be read without deciding again.
 */
export interface Steps {
  readonly rows: number;
  /** Steps of row r are those from `rowStart[r]` up to, not including, `rowStart[r + 1]`. */
  readonly rowStart: Uint32Array;
  /** Setting from which (inclusive) the step's candidate is chosen; rising within a row. */
  readonly from: Float64Array;
  readonly candidate: Uint8Array;
}

/** Steps are stored in bytes, and a pool larger than this is a list nobody chose by hand. */
export const maxCandidates = 50;

export type EmitStep = (from: number, candidate: number) => void;

/** Collects the steps of every row. A step at the same setting as the one before replaces it. */
export function collectSteps(estimates: Matrix, rowSteps: (row: number, emit: EmitStep) => void): Steps {
  if (estimates.columns > maxCandidates) {
    throw new RangeError(`${estimates.columns} candidates, but a pool holds at most ${maxCandidates}`);
  }
  const rowStart = new Uint32Array(estimates.rows + 1);
  const from: number[] = [];
  const candidate: number[] = [];
  for (let row = 0; row < estimates.rows; row++) {
    const start = from.length;
    rowSteps(row, (setting, chosen) => {
      const last = from.length - 1;
      if (last >= start && candidate[last] === chosen) return;
      if (last >= start && from[last] === setting) candidate[last] = chosen;
      else {
        from.push(setting);
        candidate.push(chosen);
      }
    });
    rowStart[row + 1] = from.length;
  }
  return {
    rows: estimates.rows,
    rowStart,
    from: Float64Array.from(from),
    candidate: Uint8Array.from(candidate),
  };
}

/** The candidate each row gets at one setting. A setting below a row's first step gets that first step. */
export function choicesAt(steps: Steps, setting: number): Uint8Array {
  return Uint8Array.from({ length: steps.rows }, (_, row) => {
    let step = steps.rowStart[row]!;
    const end = steps.rowStart[row + 1]!;
    while (step + 1 < end && steps.from[step + 1]! <= setting) step += 1;
    return steps.candidate[step]!;
  });
}

/**
 * Settings at which to look at a rule: where any prompt's choice changes, thinned to equal numbers of changes between
 * neighbours when there are more than `maxSettings`. The lowest, the highest and the `kept` ones always stay.
 */
export function settingsOf(steps: Steps, kept: readonly number[] = []): Float64Array {
  const sorted = Float64Array.from([...steps.from, ...kept]).toSorted();
  const distinct = sorted.filter((setting, index) => index === 0 || setting !== sorted[index - 1]);
  if (distinct.length <= maxSettings) return distinct;
  const thinned = new Set(kept);
  for (let index = 0; index < maxSettings; index++) {
    thinned.add(sorted[Math.round((index * (sorted.length - 1)) / (maxSettings - 1))]!);
  }
  return Float64Array.from(thinned).toSorted();
}

export const maxSettings = 256;
