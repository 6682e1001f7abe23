import {
  defaultResamples,
  type BootstrapOptions,
  type Draws,
  drawsOf,
  type Figure,
  figuresOf,
  type Statistic,
} from "./bootstrap.ts";
import type { ResampleRange } from "./resamples.ts";

/** Statistics by name, nested as the figures should be. */
export interface Statistics {
  readonly [name: string]: Statistic | Statistics;
}

/** The same shape with a figure in the place of each statistic. */
export type Measured<Tree> = {
  readonly [Name in keyof Tree]: Tree[Name] extends Statistic ? Figure : Measured<Tree[Name]>;
};

/** Measures a tree of statistics over the same resamples. */
export function measure<Tree extends Statistics>(
  rows: number,
  tree: Tree,
  { seed, resamples = defaultResamples, onResample }: BootstrapOptions,
): Measured<Tree> {
  const range = { seed, from: 0, to: resamples };
  return measuredFrom(rows, tree, [drawsOfTree(rows, tree, range, (done) => onResample?.(done, resamples))]);
}

/** A part of the resamples of a tree, to be put together with the others by `measuredFrom`. */
export function drawsOfTree(
  rows: number,
  tree: Statistics,
  range: ResampleRange,
  onResample?: (done: number) => void,
): Draws {
  return drawsOf(rows, leavesOf(tree), range, onResample);
}

/** The figures of a tree from all parts of its resamples, wherever they were drawn. */
export function measuredFrom<Tree extends Statistics>(
  rows: number,
  tree: Tree,
  parts: readonly Draws[],
): Measured<Tree> {
  const figures = figuresOf(rows, leavesOf(tree), parts);
  let next = 0;
  const place = (branch: Statistics): unknown =>
    Object.fromEntries(
      Object.entries(branch).map(([name, child]) => [
        name,
        typeof child === "function" ? figures[next++] : place(child),
      ]),
    );
  return place(tree) as Measured<Tree>;
}

function leavesOf(branch: Statistics): readonly Statistic[] {
  return Object.values(branch).flatMap((child) => (typeof child === "function" ? [child] : leavesOf(child)));
}
