import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { endThread } from "@ipr/onnx";
import type { Encoder } from "@ipr/estimator";
import { extractBatch, type ExtractedBatch, type ExtractionJob } from "./extract-batch.ts";
import type { ExtractionAnswer, ExtractionWorkerData } from "./extraction-worker.ts";

/** Reads prompts in worker threads. Answers do not depend on how many there are. */
export interface ExtractionPool extends AsyncDisposable {
  /** How many batches keep all workers busy; more than these wait in memory for nothing. */
  readonly maxPendingBatches: number;
  extract(job: ExtractionJob): Promise<ExtractedBatch>;
}

/** More threads than this are not fed fast enough by one reader. */
const maxWorkers = 8;
/** One that a worker reads and one that lies ready. */
const batchesPerWorker = 2;

interface Lane {
  readonly worker: Worker;
  readonly waiting: { resolve(batch: ExtractedBatch): void; reject(error: unknown): void }[];
}

/** Workers are started with the first jobs: a small data set pays for one only. */
export function createExtractionPool(data: ExtractionWorkerData): ExtractionPool {
  const lanes: Lane[] = [];
  const maxLanes = Math.min(availableParallelism(), maxWorkers);

  const startLane = (): Lane => {
    const worker = new Worker(new URL("./extraction-worker.ts", import.meta.url), { workerData: data });
    const lane: Lane = { worker, waiting: [] };
    worker.on("message", (answer: ExtractionAnswer) => {
      const job = lane.waiting.shift();
      if ("batch" in answer) job?.resolve(answer.batch);
      else job?.reject(answer.failure);
    });
    const fail = (error: unknown): void => {
      for (const job of lane.waiting.splice(0)) job.reject(error);
    };
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`a thread that reads prompts ended with code ${code}`)));
    lanes.push(lane);
    return lane;
  };
  const freest = (): Lane => {
    const idle = lanes.find(({ waiting }) => waiting.length === 0);
    if (idle !== undefined) return idle;
    if (lanes.length < maxLanes) return startLane();
    return lanes.reduce((best, lane) => (lane.waiting.length < best.waiting.length ? lane : best));
  };

  return {
    maxPendingBatches: batchesPerWorker * maxLanes,
    extract: (job) =>
      new Promise((resolve, reject) => {
        const lane = freest();
        lane.waiting.push({ resolve, reject });
        // eslint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
        lane.worker.postMessage(job);
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map(({ worker }) => endThread(worker)));
    },
  };
}

/** Reads prompts in this thread, with an encoder that is open and stays so. */
export function extractHere(encoder: Encoder): ExtractionPool {
  return {
    maxPendingBatches: 1,
    extract: (job) => extractBatch(job, encoder),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
