import type { Figure } from "@ipr/evaluation";
import {
  type ControlRow,
  type Controls,
  type Evaluation,
  minGroupRows,
  type PoolEvaluation,
} from "./evaluation.ts";
import { figure, grouped, number, percent } from "./format-figures.ts";

/** An area this far from 0 to 1 has no scale: the reference is hardly better than the cheapest there. */
const maxMeaningfulArea = 5;

/** The bundle's own estimates by source, for a table with a header. */
export function sourceRows({ perSource }: Evaluation): readonly (readonly string[])[] {
  const header = ["source", "rows", "quality", "estimate", "R2", "AUC", "ECE", "MAE"];
  const rows = Object.entries(perSource).map(([name, row]) => [
    name,
    grouped(row.rows),
    number(row.quality.value),
    number(row.estimate.value),
    figure(row.r2),
    figure(row.auc),
    number(row.ece.value),
    number(row.mae.value),
  ]);
  return [header, ...rows];
}

/** Which prompts and resamples the table of sources is of, in one line. */
export function sourcesLine({ perSource, perSourceResamples, resamples }: Evaluation): string {
  const shown = `The bundle's estimates on the prompts of each source (${Object.keys(perSource).length} shown); AUC is inside the source.`;
  return perSourceResamples === resamples
    ? shown
    : `${shown} Intervals are over ${grouped(perSourceResamples)} resamples.`;
}

/** The stand-in trained in each way. */
export function controlRows(controls: Controls): readonly (readonly string[])[] {
  const header = ["", "R2", "AUC", "in source", "ECE", "MAE", "top-1", "F1", "gate area", "utility area"];
  const row = (label: string, own: ControlRow) => [
    label,
    figure(own.r2),
    figure(own.auc),
    figure(own.withinSourceAuc),
    number(own.ece.value),
    number(own.mae.value),
    number(own.topOne.value),
    number(own.bestSetF1.value),
    area(own.gateArea),
    area(own.utilityArea),
  ];
  return [
    header,
    row("all groups in training", controls.ridge),
    row("own group left out", controls.withoutGroup),
    ["means of the other groups", figure(controls.constantWithoutGroupR2)],
    row("shuffled training labels", controls.shuffledLabels),
    row("random features", controls.randomFeatures),
  ];
}

/** Why there is no row of a group. */
export const noGroups = `none: no group of the training data has ${minGroupRows} measured rows`;

/** Each group, with the ridge that was trained on it and the one that was not. */
export function groupRows({ groups }: Controls): readonly (readonly string[])[] {
  const header = [
    "group left out",
    "rows",
    "R2 in",
    "R2 out",
    "AUC in",
    "AUC out",
    "in source, in",
    "in source, out",
    "MAE in",
    "MAE out",
    "utility area in",
    "utility area out",
    "gate area in",
    "gate area out",
  ];
  const rows = Object.entries(groups).map(([name, { rows: count, within, without }]) => [
    name,
    grouped(count),
    figure(within.r2),
    figure(without.r2),
    figure(within.auc),
    figure(without.auc),
    number(within.withinSourceAuc.value),
    number(without.withinSourceAuc.value),
    number(within.mae.value),
    number(without.mae.value),
    area(within.utilityArea),
    area(without.utilityArea),
    area(within.gateArea),
    area(without.gateArea),
  ]);
  return [header, ...rows];
}

/** Every pool with its verdict's figures. */
export function poolRows(evaluation: Evaluation): readonly (readonly string[])[] {
  const header = [
    "pool",
    "reference",
    "utility over the frontier",
    "gate over the frontier",
    "utility at 0.97",
  ];
  const row = (pool: PoolEvaluation | Evaluation) => {
    const { utility, gate } = pool.rules;
    const { saving, qualityRatio } = utility.targets["0.97"];
    return [
      poolName(pool),
      pool.reference,
      area(utility.overFrontier),
      area(gate.overFrontier),
      `saves ${percent(saving)} at ${number(qualityRatio.value)}`,
    ];
  };
  return [header, row(evaluation), ...(evaluation.pools ?? []).map(row)];
}

/** The candidates' names, or their number where there are many. */
export function poolName({ candidates }: Pick<Evaluation, "candidates">): string {
  return candidates.length > 5 ? `all ${candidates.length} candidates` : candidates.join(", ");
}

/** What the controls are and are not, in one sentence. */
export function controlsLine(controls: Controls): string {
  const { trainingRows, trainingRowsOf, rows, groupedBy, resamples, shuffles } = controls;
  const drawn = trainingRows < trainingRowsOf ? ` drawn of ${grouped(trainingRowsOf)}` : "";
  return (
    "A ridge regression on the embedding and surface numbers stands in for the bundle's own head, so that it can be " +
    `trained anew in a moment (${grouped(trainingRows)} prompts${drawn}, measured on ${grouped(rows)}, ${grouped(resamples)} resamples): ` +
    `compare these rows with each other, not with the bundle. Groups: ${groupedBy}. ` +
    `Labels were shuffled ${shuffles} times: the mean, with an interval over shuffles and prompts. ` +
    "R2 is against the training means everywhere, so that in and out have one scale."
  );
}

function area(value: Figure): string {
  const isMeaningless = [value.value, value.low, value.high].some(
    (number) => Math.abs(number) > maxMeaningfulArea,
  );
  return isMeaningless ? "not meaningful" : figure(value, 2);
}
