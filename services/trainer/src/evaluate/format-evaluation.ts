import {
  controlRows,
  controlsLine,
  groupRows,
  noGroups,
  poolName,
  poolRows,
  sourceRows,
  sourcesLine,
} from "./control-rows.ts";
import type { Evaluation } from "./evaluation.ts";
import { figure, grouped } from "./format-figures.ts";
import { predictionLabels } from "./labels.ts";
import { areaRows, candidateRows, chosenLine, leftOut, targetRows } from "./result-rows.ts";
import { textTable } from "./text-table.ts";

/** The evaluation for a terminal. Reference rows are always there, and the verdict is the last line. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { rows, split, bundle, resamples, seed, pools = [] } = evaluation;
  const sections = [
    [
      `${bundle} on ${grouped(rows)} rows (${split}) of ${evaluation.data.join(", ")}`,
      candidatesLine(evaluation),
      `[95 % intervals: ${grouped(resamples)} resamples of prompts, seed ${seed}]`,
    ],
    ["Prediction", ...indented(predictionRows(evaluation))],
    ["Candidates", ...indented(candidateRows(evaluation))],
    ...(evaluation.routingNotMeasured === undefined ? routingSections(evaluation) : []),
    Object.keys(evaluation.perSource).length === 0
      ? []
      : ["Estimates by source", ...indented(sourceRows(evaluation)), sourcesLine(evaluation)],
    ...controlSections(evaluation),
    leftOut(evaluation),
    evaluation.notes.map((note) => `Note: ${note}`),
    [`Not run here: ${evaluation.notRun.join("; ")}`],
    pools.map((pool) => `Pool ${poolName(pool)}: ${pool.verdict.text}`),
    [
      ...evaluation.verdict.atTargets.filter((text) => text.startsWith("At target 97 %")),
      `Verdict: ${evaluation.verdict.text}`,
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${text.join("\n\n")}\n`;
}

function candidatesLine({
  candidates,
  cheapest,
  reference,
  referenceOrigin,
  costs,
  ...rest
}: Evaluation): string {
  if (rest.routingNotMeasured !== undefined) return `${candidates.length} candidates; estimates only`;
  return `${candidates.length} candidates; cheapest ${cheapest}; reference ${reference} (${referenceOrigin}); rules decide by ${costs} costs`;
}

function routingSections(evaluation: Evaluation): readonly (readonly string[])[] {
  return [
    ["Targets: share of the reference's quality", ...indented(targetRows(evaluation))],
    ["Area under quality against cost", ...indented(areaRows(evaluation))],
    [chosenLine(evaluation)],
    evaluation.pools === undefined ? [] : ["Pools", ...indented(poolRows(evaluation))],
  ];
}

function controlSections({ controls }: Evaluation): readonly (readonly string[])[] {
  if (controls === undefined) return [];
  return [
    ["Controls", ...indented(controlRows(controls)), controlsLine(controls)],
    [
      "Groups left out of training",
      ...(Object.keys(controls.groups).length === 0 ? [`  ${noGroups}`] : indented(groupRows(controls))),
    ],
  ];
}

/** The evaluation for machines. A figure that the data do not define has null values. */
export function evaluationJson(evaluation: Evaluation): string {
  return `${JSON.stringify(evaluation, null, 2)}\n`;
}

function indented(rows: readonly (readonly string[])[]): readonly string[] {
  return textTable(rows).map((line) => `  ${line}`);
}

function predictionRows({ prediction, apgr }: Evaluation): readonly (readonly string[])[] {
  const names = Object.keys(predictionLabels) as (keyof typeof predictionLabels)[];
  const rows = names.map((name) => [predictionLabels[name], figure(prediction[name])]);
  return apgr === undefined ? rows : [...rows, ["APGR of the pair", figure(apgr)]];
}
