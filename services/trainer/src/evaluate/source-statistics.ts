import {
  aucOf,
  calibrationError,
  knownMeans,
  meanAbsoluteError,
  meanOfDefined,
  onRows,
  rSquared,
  type Statistic,
} from "@ipr/evaluation";
import { rowsOfSample, type Sample } from "./sample.ts";

/** Of a source with fewer prompts nothing could be said. */
const minSourceRows = 20;
/** A table of more sources is read by nobody; the largest are shown. */
const maxSources = 30;

/** How good the estimates are on the prompts of each source, the largest sources first. */
export function sourceStatistics(sample: Sample, labelMeans: ArrayLike<number>) {
  const rowsBySource = Map.groupBy(sample.sources.keys(), (row) => sample.sources[row]);
  return [...rowsBySource]
    .flatMap(([name, rows]) => (name === undefined || rows.length < minSourceRows ? [] : [{ name, rows }]))
    .toSorted((a, b) => b.rows.length - a.rows.length)
    .slice(0, maxSources)
    .map(({ name, rows }) => ({
      name,
      rows: rows.length,
      statistics: statisticsOn(sample, rows, labelMeans),
    }));
}

function statisticsOn(sample: Sample, rows: readonly number[], labelMeans: ArrayLike<number>) {
  const { estimates, scores } = rowsOfSample(sample, rows);
  const columns = Array.from({ length: scores.columns }, (_, column) => column);
  const meanOver = (means: (weights: Float64Array) => Float64Array) =>
    meanOfDefined(
      columns.map(
        (column): Statistic =>
          (weights) =>
            means(weights)[column]!,
      ),
    );
  const on = onRows(rows);
  return {
    quality: on(meanOver(knownMeans(scores))),
    estimate: on(meanOver(knownMeans(estimates))),
    r2: on(rSquared(estimates, scores, labelMeans)),
    auc: on(meanOfDefined(columns.map((column) => aucOf(estimates, scores, column)))),
    ece: on(meanOfDefined(columns.map((column) => calibrationError(estimates, scores, column)))),
    mae: on(meanAbsoluteError(estimates, scores)),
  };
}
