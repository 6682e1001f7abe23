/** Where data lie in a drawing, and where its marks stand. Plain numbers in, SVG text out. */
export interface Axes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly svg: string;
}

export const plot = { width: 760, height: 420, left: 62, right: 20, top: 16, bottom: 48 };

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The range of values, widened by a share of itself on both sides. */
export function rangeOf(values: readonly number[], margin: number): Range {
  const finite = values.filter((value) => Number.isFinite(value));
  const [from, to] = [Math.min(...finite), Math.max(...finite)];
  const width = to > from ? to - from : Math.abs(to) || 1;
  return { from: from - margin * width, to: to + margin * width };
}

export function drawAxes(
  ranges: { readonly x: Range; readonly y: Range },
  names: { readonly x: string; readonly y: string },
): Axes {
  const x = (value: number) =>
    round(plot.left + share(value, ranges.x) * (plot.width - plot.left - plot.right));
  const y = (value: number) =>
    round(plot.height - plot.bottom - share(value, ranges.y) * (plot.height - plot.top - plot.bottom));
  const [bottom, end] = [plot.height - plot.bottom, plot.width - plot.right];
  const vertical = ticks(ranges.x).map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" y1="${plot.top}" x2="${x(tick)}" y2="${bottom}"/><text class="tick" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${label(tick)}</text>`,
  );
  const horizontal = ticks(ranges.y).map(
    (tick) =>
      `<line class="grid" x1="${plot.left}" y1="${y(tick)}" x2="${end}" y2="${y(tick)}"/><text class="tick" x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${label(tick)}</text>`,
  );
  const titles = [
    `<text class="axis" x="${(plot.left + end) / 2}" y="${plot.height - 8}" text-anchor="middle">${names.x}</text>`,
    `<text class="axis" transform="translate(14 ${(plot.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${names.y}</text>`,
  ];
  return { x, y, svg: [...vertical, ...horizontal, ...titles].join("\n") };
}

/** Four to eleven round values inside the range. */
export function ticks({ from, to }: Range): readonly number[] {
  const largest = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = power * ([5, 2].find((factor) => factor * power <= largest) ?? 1);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

export function round(value: number): number {
  return Number(value.toFixed(2));
}

function share(value: number, { from, to }: Range): number {
  return (value - from) / (to - from);
}

function label(tick: number): string {
  return String(Number(tick.toPrecision(6)));
}
