import type { Figure } from "@ipr/evaluation";
import type { Controls } from "../evaluation.ts";
import { number } from "../format-figures.ts";
import { rangeOf, ticks } from "./axes.ts";
import { escape } from "./html.ts";

const plot = { width: 760, left: 250, right: 24, top: 10, rowHeight: 24, bottom: 44 };
/** Of a long name as much as fits left of the drawing. */
const maxNameCharacters = 38;

/** For each group its R2 with and without itself in training: a long line to the left is skill that does not carry over. */
export function groupPlot({ groups }: Controls): string {
  const rows = Object.entries(groups);
  const values = rows.flatMap(([, { within, without }]) => [within.r2.value, without.r2.value]);
  const range = rangeOf([...values, 0], 0.06);
  const x = (value: number) => {
    const share = (value - range.from) / (range.to - range.from);
    return Number((plot.left + share * (plot.width - plot.left - plot.right)).toFixed(1));
  };
  const bottom = plot.top + rows.length * plot.rowHeight;
  const grid = ticks(range).map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" y1="${plot.top}" x2="${x(tick)}" y2="${bottom}"/><text class="tick" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${Number(tick.toPrecision(4))}</text>`,
  );
  const marks = rows.map(([name, { within, without }], index) => {
    const y = plot.top + (index + 0.5) * plot.rowHeight;
    const title = `${name}: R2 ${describe(within.r2)} with the group in training, ${describe(without.r2)} without`;
    return `<g><title>${escape(title)}</title>
<text class="group" x="${plot.left - 12}" y="${y + 4}" text-anchor="end">${escape(cut(name))}</text>
<line class="drop" x1="${x(within.r2.value)}" y1="${y}" x2="${x(without.r2.value)}" y2="${y}"/>
<circle class="bin" cx="${x(within.r2.value)}" cy="${y}" r="5"/><circle class="out" cx="${x(without.r2.value)}" cy="${y}" r="5"/></g>`;
  });
  return `<svg viewBox="0 0 ${plot.width} ${bottom + plot.bottom}" role="img" aria-labelledby="groups-title groups-text">
<title id="groups-title">R2 of each group, in training and left out</title>
<desc id="groups-text">The table below has the same figures with intervals.</desc>
${grid.join("\n")}
<line class="zero" x1="${x(0)}" y1="${plot.top}" x2="${x(0)}" y2="${bottom}"/>
${marks.join("\n")}
<text class="axis" x="${(plot.left + plot.width - plot.right) / 2}" y="${bottom + 38}" text-anchor="middle">R2 against training means</text>
</svg>`;
}

function describe({ value }: Figure): string {
  return number(value);
}

function cut(name: string): string {
  return name.length <= maxNameCharacters ? name : `${name.slice(0, maxNameCharacters - 1)}…`;
}
