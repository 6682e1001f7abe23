import type { Evaluation } from "../evaluation.ts";
import { drawAxes, plot } from "./axes.ts";

/** Estimated against observed quality in bins of equally many pairs; a calibrated estimator lies on the diagonal. */
export function reliabilityPlot({ plots }: Evaluation): string {
  const unit = { from: 0, to: 1 };
  const axes = drawAxes({ x: unit, y: unit }, { x: "estimated quality", y: "observed quality" });
  const points = plots.reliability.map(({ estimate, score, pairs }) => ({
    x: axes.x(estimate),
    y: axes.y(score),
    title: `estimated ${estimate.toFixed(3)}, observed ${score.toFixed(3)}, ${pairs} pairs`,
  }));
  const dots = points.map(
    ({ x, y, title }) => `<circle class="bin" cx="${x}" cy="${y}" r="5"><title>${title}</title></circle>`,
  );
  return `<svg viewBox="0 0 ${plot.width} ${plot.height}" role="img" aria-labelledby="reliability-title reliability-text">
<title id="reliability-title">Observed against estimated quality</title>
<desc id="reliability-text">${description(plots.reliability)}</desc>
${axes.svg}
<line class="line random" x1="${axes.x(0)}" y1="${axes.y(0)}" x2="${axes.x(1)}" y2="${axes.y(1)}"/>
<polyline class="line utility" points="${points.map(({ x, y }) => `${x},${y}`).join(" ")}"/>
${dots.join("\n")}
</svg>`;
}

function description(bins: Evaluation["plots"]["reliability"]): string {
  const gaps = bins.map(({ estimate, score }) => Math.abs(score - estimate));
  return `${bins.length} bins of equally many pairs; the furthest from the diagonal misses by ${Math.max(0, ...gaps).toFixed(3)}.`;
}
