import type { Figure } from "@ipr/evaluation";
import {
  controlRows,
  controlsLine,
  groupRows,
  noGroups,
  poolName,
  poolRows,
  sourceRows,
  sourcesLine,
} from "../control-rows.ts";
import type { Evaluation } from "../evaluation.ts";
import { figure, grouped, number } from "../format-figures.ts";
import { predictionLabels } from "../labels.ts";
import { areaRows, candidateRows, chosenLine, leftOut, targetRows } from "../result-rows.ts";
import { costQualityLegend, costQualityPlot, notDrawn } from "./cost-quality-plot.ts";
import { escape, htmlList, htmlTable } from "./html.ts";
import { groupPlot } from "./group-plot.ts";
import { reliabilityPlot } from "./reliability-plot.ts";
import { reportStyle } from "./report-style.ts";

/** The evaluation as one HTML file that needs no other file, in light and dark. */
export function renderReport(evaluation: Evaluation): string {
  const { bundle, verdict } = evaluation;
  const isRouted = evaluation.routingNotMeasured === undefined;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of ${escape(bundle)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>Evaluation of ${escape(bundle)}</h1>
<p class="soft">${escape(introduction(evaluation))}</p>
<p class="verdict ${verdict.conclusion}">${escape(verdict.text)}</p>
${isRouted ? routingSections(evaluation) : ""}
<h2>Prediction</h2>
<p class="soft">Every label of ${grouped(evaluation.rows)} prompts.</p>
<div class="tiles">${tiles(evaluation)}</div>

<h2>Reliability</h2>
<p class="soft">Estimates in ten bins of equally many pairs of prompt and candidate. On the diagonal they are calibrated.</p>
<div class="card narrow">${reliabilityPlot(evaluation)}</div>

${sourceSection(evaluation)}${controlSections(evaluation)}
<h2>Candidates</h2>
${htmlTable("Candidates", candidateRows(evaluation))}

<h2>What to know</h2>
${htmlList(whatToKnow(evaluation))}
</main>
</body>
</html>
`;
}

function introduction(evaluation: Evaluation): string {
  const { rows, split, data, candidates, cheapest, reference, referenceOrigin, costs } = evaluation;
  const pool =
    evaluation.routingNotMeasured === undefined
      ? `${candidates.length} candidates, cheapest ${cheapest}, reference ${reference} (${referenceOrigin}); rules decide by ${costs} costs.`
      : `${candidates.length} candidates.`;
  return `${grouped(rows)} rows (${split}) of ${data.join(", ")}. ${pool} Brackets are 95 % intervals over ${grouped(evaluation.resamples)} resamples of prompts, seed ${evaluation.seed}.`;
}

function routingSections(evaluation: Evaluation): string {
  return `${htmlList(evaluation.verdict.atTargets.filter((text) => text.startsWith("At target 97 %")))}
${poolSection(evaluation)}
<h2>Cost and quality</h2>
<div class="card">${costQualityPlot(evaluation)}
<div class="legend">${legend()}</div></div>${omitted(evaluation)}

<h2>Targets</h2>
<p class="soft">${escape(chosenLine(evaluation))}</p>
${htmlTable("Targets", targetRows(evaluation))}

<h2>Area under quality against cost</h2>
<p class="soft">Scaled so that the cheapest candidate is (0, 0) and the reference (1, 1): random mixing is 0.5. Rescaled: the per-prompt oracle is 1.</p>
${htmlTable("Areas of the rules and of what they must be seen beside", areaRows(evaluation))}
`;
}

function poolSection(evaluation: Evaluation): string {
  if (evaluation.pools === undefined) return "";
  const verdicts = evaluation.pools.map(
    (pool) =>
      `<p class="verdict ${pool.verdict.conclusion}"><b>${escape(poolName(pool))}</b><br>${escape(pool.verdict.text)}</p>`,
  );
  return `<h2>Pools</h2>
${verdicts.join("\n")}
${htmlTable("Pools", poolRows(evaluation))}`;
}

function sourceSection(evaluation: Evaluation): string {
  if (Object.keys(evaluation.perSource).length === 0) return "";
  return `<h2>Sources</h2>
<p class="soft">${escape(sourcesLine(evaluation))}</p>
${htmlTable("Estimates by source", sourceRows(evaluation))}
`;
}

function controlSections({ controls }: Evaluation): string {
  if (controls === undefined) return "";
  const isGrouped = Object.keys(controls.groups).length > 0;
  const plot = `<div class="card">${groupPlot(controls)}
<div class="legend"><span><svg viewBox="0 0 26 10" aria-hidden="true"><circle class="bin" cx="13" cy="5" r="4"/></svg>group in training</span><span><svg viewBox="0 0 26 10" aria-hidden="true"><circle class="out" cx="13" cy="5" r="4"/></svg>group left out</span></div></div>`;
  return `<h2>Controls</h2>
<p class="soft">${escape(controlsLine(controls))} Without labels or features nothing may be left: R2 near 0.</p>
${htmlTable("Controls by a stand-in", controlRows(controls))}
<h2>Kinds of prompts left out of training</h2>
<p class="soft">The same stand-in, trained with and without each group: what to expect on prompts unlike the training data.</p>
${isGrouped ? `${plot}\n${htmlTable("Each group, in training and left out", groupRows(controls))}` : `<p>${escape(noGroups)}</p>`}
`;
}

function legend(): string {
  const keys = costQualityLegend.map(
    ({ name, text }) =>
      `<span><svg viewBox="0 0 26 10" aria-hidden="true"><line class="line ${name}" x1="0" y1="5" x2="26" y2="5"/></svg>${escape(text)}</span>`,
  );
  return [
    ...keys,
    `<span><svg viewBox="0 0 26 10" aria-hidden="true"><circle class="candidate" cx="13" cy="5" r="4"/></svg>a candidate</span>`,
    `<span><svg viewBox="0 0 26 10" aria-hidden="true"><path class="chosen utility" d="M13 0l5 5l-5 5l-5 -5z"/></svg>a target's setting</span>`,
  ].join("\n");
}

function omitted(evaluation: Evaluation): string {
  const names = notDrawn(evaluation);
  return names.length === 0
    ? ""
    : `<p class="soft">Much dearer than the reference, not drawn: ${escape(names.join(", "))}.</p>`;
}

function tiles({ prediction, apgr }: Evaluation): string {
  const names = Object.keys(predictionLabels) as (keyof typeof predictionLabels)[];
  const all: (readonly [string, Figure])[] = names.map((name) => [predictionLabels[name], prediction[name]]);
  if (apgr !== undefined) all.push(["APGR of the pair", apgr]);
  return all
    .map(
      ([label, value]) =>
        `<div><span>${escape(label)}</span><b>${number(value.value)}</b><span>${escape(figure(value).replace(/^\S+ ?/, ""))}</span></div>`,
    )
    .join("\n");
}

function whatToKnow(evaluation: Evaluation): readonly string[] {
  return [
    ...evaluation.notes,
    ...leftOut(evaluation),
    ...evaluation.notRun.map((control) => `Not run here: ${control}`),
    "Much of an estimator's skill is recognising the kind of task: compare with the source-only row and the AUC within sources.",
  ];
}
