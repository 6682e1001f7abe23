import { bootstrap, type BootstrapOptions, type Figure, type Statistic } from "./bootstrap.ts";

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
  options: BootstrapOptions,
): Measured<Tree> {
  const leaves: Statistic[] = [];
  collect(tree, leaves);
  const figures = bootstrap(rows, Object.fromEntries(leaves.entries()), options);
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

function collect(branch: Statistics, leaves: Statistic[]): void {
  for (const child of Object.values(branch)) {
    if (typeof child === "function") leaves.push(child);
    else collect(child, leaves);
  }
}
