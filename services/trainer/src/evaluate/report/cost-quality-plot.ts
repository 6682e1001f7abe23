import { type Evaluation, type PlotPoint, type Rule, rules, targets } from "../evaluation.ts";
import { percentage } from "../format-figures.ts";
import { drawAxes, plot, rangeOf, round } from "./axes.ts";
import { escape } from "./html.ts";
import { type Label, type PlacedLabel, placeLabels, spotsAlong } from "./place-labels.ts";

/** A candidate dearer than this many times the reference would push everything else into a corner. */
const maxCostOverReference = 1.3;
/** Beyond this many names the plot is a heap of letters: then those that matter are named. The table has them all. */
const maxNamedCandidates = 12;

/** What each rule reaches at every setting, beside what is possible without the prompt and with hindsight. */
export function costQualityPlot(evaluation: Evaluation): string {
  const { plots, candidates, cheapest, reference } = evaluation;
  const perThousand = ([costUsd, quality]: PlotPoint): PlotPoint => [1_000 * costUsd, quality];
  const singles = candidates
    .filter((name) => isDrawn(evaluation, name))
    .map((name) => ({ name, point: perThousand(plots.candidates[name]!) }));
  const pointOf = (name: string) => perThousand(plots.candidates[name]!);
  const curves = {
    oracle: plots.curves.oracle.map(perThousand),
    random: [pointOf(cheapest), pointOf(reference)],
    frontier: plots.curves.frontier.map(perThousand),
    gate: plots.curves.gate.map(perThousand),
    utility: plots.curves.utility.map(perThousand),
  };
  const isInside = ([costUsd]: PlotPoint) => costUsd <= maxCostOverReference * pointOf(reference)[0];
  const shown = [...Object.values(curves).flat().filter(isInside), ...singles.map(({ point }) => point)];
  const axes = drawAxes(
    {
      x: rangeOf(
        shown.map(([costUsd]) => costUsd),
        0.05,
      ),
      y: rangeOf(
        shown.map(([, quality]) => quality),
        0.06,
      ),
    },
    { x: "USD per 1,000 prompts", y: "mean quality" },
  );
  const drawn = Object.entries(curves).map(([name, points]) => ({
    name,
    spots: points.filter(isInside).map(([costUsd, quality]) => ({ x: axes.x(costUsd), y: axes.y(quality) })),
  }));
  const lines = drawn.map(
    ({ name, spots }) =>
      `<polyline class="line ${name}" points="${spots.map(({ x, y }) => `${x},${y}`).join(" ")}"/>`,
  );
  const dots = singles.map(({ name, point: [costUsd, quality] }) => ({
    text: name,
    x: axes.x(costUsd),
    y: axes.y(quality),
  }));
  const chosen = rules.flatMap((rule) => chosenPoints(evaluation, rule, axes));
  const named = namedCandidates(
    evaluation,
    singles.map(({ name }) => name),
  );
  const labels = placeLabels(
    dots.filter(({ text }) => named.has(text)),
    {
      marks: [...dots, ...chosen],
      lines: drawn.flatMap(({ spots }) => spotsAlong(spots)),
      bounds: drawingArea,
    },
  );
  return `<svg viewBox="0 0 ${plot.width} ${plot.height}" role="img" aria-labelledby="curve-title curve-text">
<title id="curve-title">Mean quality against cost</title>
<desc id="curve-text">${escape(description(evaluation))}</desc>
${axes.svg}
${[...lines, ...labels.map(leader), ...chosen.map(({ svg }) => svg), ...dots.map(dot), ...labels.map(labelText)].join("\n")}
</svg>`;
}

const drawingArea = {
  left: plot.left,
  right: plot.width - plot.right,
  top: plot.top,
  bottom: plot.height - plot.bottom,
};

/** All where they are few, else those that span the drawing and those on the static frontier. */
function namedCandidates(
  { plots, cheapest, reference, references }: Evaluation,
  drawn: readonly string[],
): ReadonlySet<string> {
  if (drawn.length <= maxNamedCandidates) return new Set(drawn);
  const onFrontier = drawn.filter((name) =>
    plots.curves.frontier.some(
      ([costUsd, quality]) =>
        costUsd === plots.candidates[name]![0] && quality === plots.candidates[name]![1],
    ),
  );
  const best = references.bestSingle.candidate;
  return new Set([cheapest, reference, ...(best === undefined ? [] : [best]), ...onFrontier]);
}

function dot({ text, x, y }: Label): string {
  return `<circle class="candidate" cx="${x}" cy="${y}" r="4"><title>${escape(text)}</title></circle>`;
}

function leader({ x, y, box, hasLeader }: PlacedLabel): string {
  if (!hasLeader) return "";
  const endX = Math.min(Math.max(x, box.left), box.right);
  const endY = Math.min(Math.max(y, box.top), box.bottom);
  return `<line class="leader" x1="${x}" y1="${y}" x2="${round(endX)}" y2="${round(endY)}"/>`;
}

/** Written from the side of its point, so that its gap is right whatever the font. */
function labelText({ text, x, box }: PlacedLabel): string {
  const [at, anchor] =
    box.left >= x
      ? [box.left, "start"]
      : box.right <= x
        ? [box.right, "end"]
        : [(box.left + box.right) / 2, "middle"];
  return `<text class="name" x="${round(at)}" y="${round(box.bottom - 3.5)}" text-anchor="${anchor}">${escape(text)}</text>`;
}

function description({ cheapest, reference, rules: own }: Evaluation): string {
  const { qualityRatio, saving } = own.utility.targets["0.97"];
  return (
    `From the cheapest candidate, ${cheapest}, to the reference, ${reference}. At the 97 % target the utility rule saves ` +
    `${percentage(saving.value)} at ${percentage(qualityRatio.value)} of the reference's quality. The tables below have all figures.`
  );
}

function isDrawn({ plots, reference }: Evaluation, name: string): boolean {
  return plots.candidates[name]![0] <= maxCostOverReference * plots.candidates[reference]![0];
}

/** Candidates that are too dear for the drawing. */
export function notDrawn(evaluation: Evaluation): readonly string[] {
  return evaluation.candidates.filter((name) => !isDrawn(evaluation, name));
}

function chosenPoints(
  { rules: evaluated, perCandidate, reference }: Evaluation,
  rule: Rule,
  axes: { readonly x: (value: number) => number; readonly y: (value: number) => number },
): readonly { readonly x: number; readonly y: number; readonly svg: string }[] {
  const own = perCandidate[reference]!;
  return targets.map((target) => {
    const { qualityRatio, saving } = evaluated[rule].targets[target];
    const x = axes.x(1_000 * (1 - saving.value) * own.costUsd.value);
    const y = axes.y(qualityRatio.value * own.quality.value);
    const title = `${rule}, target ${target}: ${(100 * qualityRatio.value).toFixed(1)} % of the quality, ${(100 * saving.value).toFixed(1)} % saved`;
    const svg = `<path class="chosen ${rule}" d="M${x} ${round(y - 6)}l6 6l-6 6l-6 -6z"><title>${escape(title)}</title></path>`;
    return { x, y, svg };
  });
}

export const costQualityLegend = [
  { name: "utility", text: "utility rule" },
  { name: "gate", text: "gate (paper's rule)" },
  { name: "frontier", text: "static frontier: best mixture without reading the prompt" },
  { name: "random", text: "random mixing of cheapest and reference" },
  { name: "oracle", text: "per-prompt oracle (knows every score)" },
] as const;
