import { parentPort, workerData } from "node:worker_threads";
import { fitFold, type FoldJob, type FoldResult } from "./fit-fold.ts";

/** What the worker tells its parent: each epoch that ends, then the result. */
export type FoldMessage = { readonly epoch: number } | { readonly result: FoldResult };

// eslint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread's port, not a window
const tell = (message: FoldMessage): void => parentPort?.postMessage(message);
const stop = new AbortController();
// The only thing that a parent has to say is that the result is of no use any more.
parentPort?.on("message", () => stop.abort());
tell({ result: await fitFold(workerData as FoldJob, (epoch) => tell({ epoch }), stop.signal) });
parentPort?.close();
