import { batchSize, type Draws, drawsOfTree, type Matrix, type Statistics } from "@ipr/evaluation";

/** Statistics of the same prompts, and how many resamples their intervals are taken from. */
export interface Measurement<Tree extends Statistics = Statistics> {
  readonly shape: Pick<Matrix, "rows" | "columns">;
  readonly tree: Tree;
  readonly resamples: number;
}

export type Measurements = Readonly<Record<string, Measurement>>;

/** Which part of the resamples: number `part` of `parts` about equal ones. */
export interface Part {
  readonly seed: number;
  readonly part: number;
  readonly parts: number;
}

export type DrawnPart = Readonly<Record<string, Draws>>;

/** One part of the resamples of each measurement. All parts together are the same, however many they are. */
export function drawPart(
  measurements: Measurements,
  { seed, part, parts }: Part,
  onResample: (measurement: string, done: number) => void = () => {},
): DrawnPart {
  const drawn = Object.entries(measurements).map(([name, { shape, tree, resamples }]) => {
    const startOf = (number: number) =>
      Math.min(resamples, batchSize * Math.ceil((number * resamples) / (parts * batchSize)));
    const range = { seed, from: startOf(part), to: startOf(part + 1) };
    return [name, drawsOfTree(shape.rows, tree, range, (done) => onResample(name, done))] as const;
  });
  return Object.fromEntries(drawn);
}
