import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Measured, measuredFrom } from "@ipr/evaluation";
import { type DrawnPart, drawPart, type Measurement, type Measurements } from "./draw-part.ts";
import type { ResampleJob } from "./resample-job.ts";
import type { ResampleWorkerData } from "./resample-worker.ts";

export type { Measurement } from "./draw-part.ts";

export interface Resampling {
  readonly seed: number;
  /** How many resamples of the first measurement are done, as far as this thread can tell. */
  readonly onResample: (done: number) => void;
}

type FiguresOf<All extends Measurements> = {
  readonly [Name in keyof All]: All[Name] extends Measurement<infer Tree> ? Measured<Tree> : never;
};

/** Each thread has the data and its sums to itself; more threads than this are not worth their memory. */
const maxParts = 8;
/** Starting a thread takes as long as weighing this many pairs of prompt and candidate. */
const minPairsPerThread = 5e7;

/**
 * Measures with the resamples divided among threads. `job` is what a thread makes the same measurements of: statistics
 * are functions, which no thread can be sent. The figures do not depend on the number of threads.
 */
export async function measureInThreads<All extends Measurements>(
  job: ResampleJob,
  measurements: All,
  { seed, onResample }: Resampling,
  parts: number = partsFor(measurements),
): Promise<FiguresOf<All>> {
  const others = Array.from({ length: parts - 1 }, (_, index) =>
    drawElsewhere({ job, part: { seed, part: index + 1, parts } }),
  );
  const [first] = Object.entries(measurements);
  const own = Promise.try(drawPart, measurements, { seed, part: 0, parts }, (name, done) => {
    if (name === first?.[0]) onResample(Math.min(done * parts, first[1].resamples));
  });
  const drawn = await Promise.all([own, ...others]);
  if (parts > 1 && first !== undefined) onResample(first[1].resamples);
  const figures = Object.entries(measurements).map(([name, { shape, tree }]) => {
    return [
      name,
      measuredFrom(
        shape.rows,
        tree,
        drawn.map((part) => part[name]!),
      ),
    ] as const;
  });
  return Object.fromEntries(figures) as FiguresOf<All>;
}

function partsFor(measurements: Measurements): number {
  let pairs = 0;
  for (const { shape, resamples } of Object.values(measurements))
    pairs += shape.rows * shape.columns * resamples;
  return Math.max(1, Math.min(availableParallelism(), maxParts, Math.floor(pairs / minPairsPerThread)));
}

function drawElsewhere(data: ResampleWorkerData): Promise<DrawnPart> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./resample-worker.ts", import.meta.url), { workerData: data });
    worker.on("message", resolve);
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a thread that resamples ended with code ${code}`)));
  });
}
