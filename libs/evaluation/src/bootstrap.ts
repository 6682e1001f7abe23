import { acrossBatch, type ResampleRange, resamples as resamplesOf, together } from "./resamples.ts";

/**
 * A number computed from weighted prompts, where a weight is a whole number: how often the prompt counts. Every metric
 * here is one: with weight 1 for each prompt it gives the figure itself, with the counts of a resample it gives one draw
 * of the bootstrap. What can be sorted or summed beforehand is done once, when the statistic is made.
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
  const list = names.map((name) => statistics[name]);
  const range = { seed, from: 0, to: resamples };
  const draws = drawsOf(rows, list, range, (done) => onResample?.(done, resamples));
  const figures = figuresOf(rows, list, [draws]);
  return Object.fromEntries(names.map((name, index) => [name, figures[index]!])) as Record<Name, Figure>;
}

/** What each statistic is on some of the resamples. */
export type Draws = readonly Float64Array[];

/** Draws of a part of the resamples: parts may be drawn anywhere and in any order. */
export function drawsOf(
  rows: number,
  statistics: readonly Statistic[],
  range: ResampleRange,
  onResample: (done: number) => void = () => {},
): Draws {
  const draws = statistics.map(() => new Float64Array(range.to - range.from));
  let done = 0;
  for (const weights of resamplesOf(rows, range)) {
    for (const [index, statistic] of statistics.entries()) draws[index]![done] = statistic(weights);
    done += 1;
    onResample(done);
  }
  return draws;
}

/** Figures from the draws of all parts. */
export function figuresOf(
  rows: number,
  statistics: readonly Statistic[],
  parts: readonly Draws[],
): readonly Figure[] {
  const ones = new Float64Array(rows).fill(1);
  return statistics.map((statistic, index) => {
    const draws = Float64Array.from(parts.flatMap((part) => [...part[index]!]));
    return toFigure(statistic(ones), draws, statistic.isInflated === true);
  });
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

/** Makes statistics of some of the rows into ones of all rows. */
export function onRows(rows: readonly number[]): (statistic: Statistic) => Statistic {
  const own = acrossBatch(({ weights }) =>
    together(weights.map((all) => Float64Array.from(rows, (row) => all[row]!))),
  );
  return (statistic) => Object.assign((weights: Float64Array) => statistic(own(weights)), { ...statistic });
}
