import type { Matrix } from "./matrix.ts";
import { type Random, seededRandom } from "./random.ts";

/**
 * A number computed from weighted prompts, where a weight is a whole number: how often the prompt counts. Every metric
 * here is one: with weight 1 for each prompt it gives the figure itself, with the counts of a resample it gives one draw of the bootstrap. What can be sorted or summed
 * beforehand is done once, when the statistic is made.
 *
 * Weights are never changed after they were passed, so an equal array means an equal answer.
 */
export interface Statistic {
  (weights: Float64Array): number;
  /**
   * True where a resample is larger than the data by its own noise, as a sum of absolute deviations is. The interval
   * is then moved by the mean inflation, and not below zero.
   */
  readonly isInflated?: boolean;
}

/** A measured value with its 95 % interval. NaN means that the data do not define it. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples?: number;
  readonly onResample?: (done: number, total: number) => void;
}

export const defaultResamples = 1_000;
/** With fewer defined draws than this share, an interval would describe the survivors only. */
const minDefinedShare = 0.5;
/** Resamples that are drawn together: a pass over a large matrix then serves them all. */
const batchSize = 4;
/** The batch of the resamples at hand. */
const batches = new WeakMap<Float64Array, readonly Float64Array[]>();

/**
 * Values and percentile intervals of several statistics over the same resamples of prompts, so that the interval of
 * a difference is that of paired data.
 */
export function bootstrap<Name extends string>(
  rows: number,
  statistics: Readonly<Record<Name, Statistic>>,
  { seed, resamples = defaultResamples, onResample }: BootstrapOptions,
): Record<Name, Figure> {
  const names = Object.keys(statistics) as Name[];
  const ones = new Float64Array(rows).fill(1);
  const values = names.map((name) => statistics[name](ones));
  const draws = names.map(() => new Float64Array(resamples));
  const random = seededRandom(seed);
  for (let done = 0; done < resamples;) {
    const batch = Array.from({ length: Math.min(batchSize, resamples - done) }, () =>
      resampled(rows, random),
    );
    for (const counts of batch) batches.set(counts, batch);
    for (const counts of batch) {
      for (const [index, name] of names.entries()) draws[index]![done] = statistics[name](counts);
      done += 1;
      onResample?.(done, resamples);
    }
  }
  const figures = names.map((name, index) => {
    const value = values[index]!;
    return [name, toFigure(value, draws[index]!, statistics[name].isInflated === true)] as const;
  });
  return Object.fromEntries(figures) as Record<Name, Figure>;
}

/** How often each row was drawn. */
function resampled(rows: number, random: Random): Float64Array {
  const counts = new Float64Array(rows);
  for (let draw = 0; draw < rows; draw++) counts[Math.floor(random() * rows)]! += 1;
  return counts;
}

function toFigure(value: number, draws: Float64Array, isInflated: boolean): Figure {
  const defined = draws.filter((draw) => !Number.isNaN(draw)).toSorted();
  if (Number.isNaN(value) || defined.length < draws.length * minDefinedShare || defined.length === 0) {
    return { value, low: Number.NaN, high: Number.NaN };
  }
  const [low, high] = [quantile(defined, 0.025), quantile(defined, 0.975)];
  if (!isInflated) return { value, low, high };
  const inflation = defined.reduce((sum, draw) => sum + draw, 0) / defined.length - value;
  return { value, low: Math.max(0, low - inflation), high: Math.max(0, high - inflation) };
}

/** Linear interpolation between the neighbours in sorted values. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** Computes once for statistics that share an intermediate result: remembers the answer for the latest weights. */
export function sharedAcross<Result>(
  compute: (weights: Float64Array) => Result,
): (weights: Float64Array) => Result {
  let latest: { readonly weights: Float64Array; readonly result: Result } | undefined;
  return (weights) => {
    if (latest?.weights !== weights) latest = { weights, result: compute(weights) };
    return latest.result;
  };
}

/** The mean of statistics that are defined: a candidate that is always right has no AUC and does not count. */
export function meanOfDefined(statistics: readonly Statistic[]): Statistic {
  const mean = (weights: Float64Array) => {
    let sum = 0;
    let defined = 0;
    for (const statistic of statistics) {
      const value = statistic(weights);
      if (Number.isNaN(value)) continue;
      sum += value;
      defined += 1;
    }
    return defined === 0 ? Number.NaN : sum / defined;
  };
  return Object.assign(mean, { isInflated: statistics.some(({ isInflated }) => isInflated === true) });
}

/** The mean of a number per prompt. */
export function meanOf(perRow: Float64Array): Statistic {
  return (weights) => weightedSum(perRow, weights) / total(weights);
}

export function sumOf(perRow: Float64Array): Statistic {
  return (weights) => weightedSum(perRow, weights);
}

/** Four sums side by side, because each addition waits for the one before it: this is the innermost loop of all. */
export function weightedSum(perRow: Float64Array, weights: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let row = 0;
  for (; row + 3 < perRow.length; row += 4) {
    a += perRow[row]! * weights[row]!;
    b += perRow[row + 1]! * weights[row + 1]!;
    c += perRow[row + 2]! * weights[row + 2]!;
    d += perRow[row + 3]! * weights[row + 3]!;
  }
  for (; row < perRow.length; row++) a += perRow[row]! * weights[row]!;
  return a + b + c + d;
}

/**
 * The mean of each column of a matrix over the rows that know it; NaN where none of them has weight. The matrix is read
 * once for all resamples of a batch.
 */
export function knownMeans(matrix: Matrix): (weights: Float64Array) => Float64Array {
  const { rows, columns, values } = matrix;
  if (!values.some((value) => Number.isNaN(value))) return batchMeans(matrix);
  const filled = batchMeans({
    rows,
    columns,
    values: values.map((value) => (Number.isNaN(value) ? 0 : value)),
  });
  const known = batchMeans({ rows, columns, values: values.map((value) => Number(!Number.isNaN(value))) });
  return sharedAcross((weights) => {
    const shares = known(weights);
    return filled(weights).map((mean, column) => mean / shares[column]!);
  });
}

/** The mean of each column of a matrix without gaps, for the weights and those of their batch. */
function batchMeans(matrix: Matrix): (weights: Float64Array) => Float64Array {
  let known = new Map<Float64Array, Float64Array>();
  return (weights) => {
    let means = known.get(weights);
    if (means === undefined) {
      const batch = batches.get(weights) ?? [weights];
      const sums =
        batch.length === batchSize ? sumsOfFour(matrix, batch) : batch.map((own) => sumsOf(matrix, own));
      known = new Map(
        batch.map((own, index) => {
          const mass = total(own);
          return [own, sums[index]!.map((sum) => sum / mass)] as const;
        }),
      );
      means = known.get(weights)!;
    }
    return means;
  };
}

function sumsOf({ rows, columns, values }: Matrix, weights: Float64Array): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    const from = row * columns;
    for (let column = 0; column < columns; column++) sums[column]! += weight * values[from + column]!;
  }
  return sums;
}

/** Large matrices come from memory, which takes longer than adding: four resamples share each value that was read. */
function sumsOfFour(
  { rows, columns, values }: Matrix,
  batch: readonly Float64Array[],
): readonly Float64Array[] {
  const [first, second, third, fourth] = batch as readonly [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [a, b, c, d] = [
    new Float64Array(columns),
    new Float64Array(columns),
    new Float64Array(columns),
    new Float64Array(columns),
  ];
  for (let row = 0; row < rows; row++) {
    const [w1, w2, w3, w4] = [first[row]!, second[row]!, third[row]!, fourth[row]!];
    const from = row * columns;
    for (let column = 0; column < columns; column++) {
      const value = values[from + column]!;
      a[column]! += w1 * value;
      b[column]! += w2 * value;
      c[column]! += w3 * value;
      d[column]! += w4 * value;
    }
  }
  return [a, b, c, d];
}

/** A statistic of some of the rows as one of all rows. */
export function onRows(rows: readonly number[]): (statistic: Statistic) => Statistic {
  const own = sharedAcross((weights) => Float64Array.from(rows, (row) => weights[row]!));
  return (statistic) => Object.assign((weights: Float64Array) => statistic(own(weights)), { ...statistic });
}

/** Sum of the weights: nearly every statistic of a resample asks for it. */
export const total = sharedAcross((weights) => {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
});
