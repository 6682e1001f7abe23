import { type Evaluation, type PlotPoint, type Rule, rules, targets } from "../evaluation.ts";
import { drawAxes, plot, rangeOf } from "./axes.ts";
import { escape } from "./html.ts";

/** A candidate dearer than this many times the reference would push everything else into a corner. */
const maxCostOverReference = 1.3;
/** Beyond this many names the plot is a heap of letters; the table has them all. */
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
  const lines = Object.entries(curves).map(
    ([name, points]) =>
      `<polyline class="line ${name}" points="${points
        .filter(isInside)
        .map(([costUsd, quality]) => `${axes.x(costUsd)},${axes.y(quality)}`)
        .join(" ")}"/>`,
  );
  const named = new Set(singles.length > maxNamedCandidates ? [cheapest, reference] : candidates);
  const dots = singles.map(({ name, point: [costUsd, quality] }) => {
    const [x, y] = [axes.x(costUsd), axes.y(quality)];
    const text = named.has(name) ? dotLabel(name, x, y) : "";
    return `<circle class="candidate" cx="${x}" cy="${y}" r="4"><title>${escape(name)}</title></circle>${text}`;
  });
  const chosen = rules.flatMap((rule) => chosenPoints(evaluation, rule, axes));
  return `<svg viewBox="0 0 ${plot.width} ${plot.height}" role="img" aria-label="Mean quality against cost">
${axes.svg}
${[...lines, ...chosen, ...dots].join("\n")}
</svg>`;
}

function isDrawn({ plots, reference }: Evaluation, name: string): boolean {
  return plots.candidates[name]![0] <= maxCostOverReference * plots.candidates[reference]![0];
}

/** Candidates that are too dear for the drawing. */
export function notDrawn(evaluation: Evaluation): readonly string[] {
  return evaluation.candidates.filter((name) => !isDrawn(evaluation, name));
}

/** Left of the dot in the right half, so that no name leaves the drawing. */
function dotLabel(name: string, x: number, y: number): string {
  const isRight = x > plot.width / 2;
  const anchor = isRight ? "end" : "start";
  return `<text class="name" x="${x + (isRight ? -8 : 8)}" y="${y + 14}" text-anchor="${anchor}">${escape(name)}</text>`;
}

function chosenPoints(
  { rules: evaluated, perCandidate, reference }: Evaluation,
  rule: Rule,
  axes: { readonly x: (value: number) => number; readonly y: (value: number) => number },
): readonly string[] {
  const own = perCandidate[reference]!;
  return targets.map((target) => {
    const { qualityRatio, saving } = evaluated[rule].targets[target];
    const x = axes.x(1_000 * (1 - saving.value) * own.costUsd.value);
    const y = axes.y(qualityRatio.value * own.quality.value);
    const title = `${rule}, target ${target}: ${(100 * qualityRatio.value).toFixed(1)} % of the quality, ${(100 * saving.value).toFixed(1)} % saved`;
    return `<path class="chosen ${rule}" d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"><title>${escape(title)}</title></path>`;
  });
}

export const costQualityLegend = [
  { name: "utility", text: "utility rule" },
  { name: "gate", text: "gate (paper's rule)" },
  { name: "frontier", text: "static frontier: best mixture without reading the prompt" },
  { name: "random", text: "random mixing of cheapest and reference" },
  { name: "oracle", text: "per-prompt oracle (knows every score)" },
] as const;
