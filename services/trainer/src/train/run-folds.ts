import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { endThread } from "@ipr/onnx";
import type { FoldJob, FoldResult } from "./fit-fold.ts";
import type { FoldMessage } from "./fold-worker.ts";

/** Where finished folds are kept, so that a killed run does not train them again. */
export interface FoldStore {
  restore(job: FoldJob): Promise<FoldResult | undefined>;
  keep(job: FoldJob, result: FoldResult): Promise<void>;
}

/** More folds at once than this would fight for memory bandwidth. */
const maxParallelFolds = 8;

/**
 * Trains folds in worker threads, as many at a time as there are cores. Each fold draws from its own seed and computes
 * on one thread, so that the results do not depend on how many ran together.
 */
export async function runFolds(
  jobs: readonly FoldJob[],
  onEpoch: (fold: number, epoch: number) => void,
  store?: FoldStore,
): Promise<FoldResult[]> {
  const results = new Map<FoldJob, FoldResult>();
  const running = new Set<Worker>();
  const waiting = jobs.values();
  const takeJobs = async (): Promise<void> => {
    for (const job of waiting) {
      const known = await store?.restore(job);
      if (known !== undefined) {
        results.set(job, known);
        onEpoch(job.fold, job.hyperparameters.maxEpochs);
        continue;
      }
      const worker = new Worker(new URL("./fold-worker.ts", import.meta.url), { workerData: job });
      running.add(worker);
      const result = await resultOf(worker, job, (epoch) => onEpoch(job.fold, epoch));
      running.delete(worker);
      await store?.keep(job, result);
      results.set(job, result);
    }
  };
  const lanes = Math.min(jobs.length, availableParallelism(), maxParallelFolds);
  try {
    await Promise.all(Array.from({ length: lanes }, takeJobs));
  } finally {
    // After a failure the other folds are of no use.
    await Promise.all(Array.from(running, (worker) => endThread(worker)));
  }
  return jobs.map((job) => results.get(job)!);
}

function resultOf(worker: Worker, { fold }: FoldJob, onEpoch: (epoch: number) => void): Promise<FoldResult> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FoldMessage) => {
      if ("epoch" in message) onEpoch(message.epoch);
      else resolve(message.result);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`the worker of fold ${fold} ended with code ${code}`)));
  });
}
