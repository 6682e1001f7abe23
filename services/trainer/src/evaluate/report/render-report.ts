import type { Figure } from "@ipr/evaluation";
import type { Evaluation } from "../evaluation.ts";
import { figure, grouped, number } from "../format-figures.ts";
import { predictionLabels } from "../labels.ts";
import { areaRows, candidateRows, chosenLine, leftOut, targetRows } from "../result-rows.ts";
import { costQualityLegend, costQualityPlot, notDrawn } from "./cost-quality-plot.ts";
import { escape, htmlTable } from "./html.ts";
import { reliabilityPlot } from "./reliability-plot.ts";
import { reportStyle } from "./report-style.ts";

/** The evaluation as one HTML file that needs no other file, in light and dark. */
export function renderReport(evaluation: Evaluation): string {
  const { rows, split, data, bundle, candidates, resamples, seed, cheapest, reference, verdict } = evaluation;
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
<p class="soft">${grouped(rows)} rows (${escape(split)}) of ${escape(data.join(", "))}. ${candidates.length} candidates, cheapest ${escape(cheapest)}, reference ${escape(reference)} (${escape(evaluation.referenceOrigin)}). Brackets are 95 % intervals over ${grouped(resamples)} resamples of prompts, seed ${seed}.</p>
<p class="verdict ${verdict.conclusion}">${escape(verdict.text)}</p>

<h2>Cost and quality</h2>
<div class="card">${costQualityPlot(evaluation)}
<div class="legend">${legend()}</div></div>${omitted(evaluation)}

<h2>Targets</h2>
<p class="soft">${escape(chosenLine(evaluation))}</p>
${htmlTable(targetRows(evaluation))}

<h2>Area under quality against cost</h2>
<p class="soft">Scaled so that the cheapest candidate is (0, 0) and the reference (1, 1): random mixing is 0.5. Rescaled: the per-prompt oracle is 1.</p>
${htmlTable(areaRows(evaluation))}

<h2>Prediction</h2>
<div class="tiles">${tiles(evaluation)}</div>

<h2>Reliability</h2>
<div class="card narrow">${reliabilityPlot(evaluation)}</div>

<h2>Candidates</h2>
${htmlTable(candidateRows(evaluation))}

<h2>What to know</h2>
<ul>${whatToKnow(evaluation)
    .map((line) => `<li>${escape(line)}</li>`)
    .join("\n")}</ul>
</main>
</body>
</html>
`;
}

function legend(): string {
  const keys = costQualityLegend.map(
    ({ name, text }) =>
      `<span><svg viewBox="0 0 26 10"><line class="line ${name}" x1="0" y1="5" x2="26" y2="5"/></svg>${escape(text)}</span>`,
  );
  return [
    ...keys,
    `<span><svg viewBox="0 0 26 10"><circle class="candidate" cx="13" cy="5" r="4"/></svg>a candidate</span>`,
    `<span><svg viewBox="0 0 26 10"><path class="chosen utility" d="M13 0l5 5l-5 5l-5 -5z"/></svg>a target's setting</span>`,
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
