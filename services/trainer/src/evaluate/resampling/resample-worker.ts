import { parentPort, workerData } from "node:worker_threads";
import { drawPart, type Part } from "./draw-part.ts";
import { measurementsOf, type ResampleJob } from "./resample-job.ts";

export interface ResampleWorkerData {
  readonly job: ResampleJob;
  readonly part: Part;
}

const { job, part } = workerData as ResampleWorkerData;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread's port, not a window
parentPort?.postMessage(drawPart(measurementsOf(job), part));
