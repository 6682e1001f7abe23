import { IprError, status } from "@ipr/errors";
import { cutText, encoderId, type OnnxEncoderManifest } from "@ipr/estimator";
import { BatchQueue } from "../batch-queue.ts";
import { defaults, type OpenedEncoder, type OpenOptions } from "../opened-encoder.ts";
import { WorkerLane } from "./worker-lane.ts";

const workerScript = new URL("./encoder-worker.ts", import.meta.url);

/** Opens an ONNX encoder: every graph runs in a worker thread, because a run blocks the thread it is called on. */
export async function openOnnxEncoder(
  dir: string,
  manifest: OnnxEncoderManifest,
  options: OpenOptions,
  script = workerScript,
): Promise<OpenedEncoder> {
  const { workers, intraOpThreads, provider, maxWaitMs, maxPending } = { ...defaults, ...options };
  const maxBatch = allowedBatch(manifest, options);
  const start = { dir, manifest, provider, intraOpThreads };
  const lanes: WorkerLane[] = [];
  const { observer = {} } = options;
  const queue = new BatchQueue(lanes, {
    maxBatch,
    maxWaitMs,
    maxPending,
    onBatch: (batch) => observer.batchEncoded?.(batch),
  });
  const close = () => Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
  const onCrash = (crash: { readonly error: unknown; readonly restartsLeft: number }) => {
    observer.workerCrashed?.(crash);
    if (lanes.every((lane) => lane.isGivenUp)) queue.fail(givenUp(manifest.reference));
  };
  try {
    for (let i = 0; i < workers; i++) {
      lanes.push(await WorkerLane.start({ start, script, onReady: () => queue.wake(), onCrash }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    id: encoderId(manifest),
    kind: "onnx",
    dimension: manifest.dimension,
    maxTokens: manifest.maxTokens,
    parallelism: Math.min(maxPending, workers * maxBatch),
    computesOn: provider,
    queueDepth: () => queue.depth,
    isBroken: () => lanes.every((lane) => lane.isGivenUp),
    encode: (text, { signal } = {}) =>
      queue.push(manifest.prefix + cutText(text, manifest.maxCharacters), signal),
    async [Symbol.asyncDispose]() {
      queue.fail(closed(manifest.reference));
      await close();
    },
  };
}

/** An int8 graph scales by the largest value in its batch: on a CPU, where that is how it runs, texts go one by one. */
function allowedBatch({ precision }: OnnxEncoderManifest, options: OpenOptions): number {
  const { provider, maxBatch } = { ...defaults, ...options };
  return precision === "int8" && provider === "cpu" ? 1 : maxBatch;
}

function givenUp(reference: string): IprError {
  const message = `encoder ${reference}: its worker threads ended too often and are not started again; restart the process`;
  return new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", message, {
    metadata: { neighbour: "encoder worker" },
  });
}

function closed(reference: string): IprError {
  return new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", `encoder ${reference} is closed`, {
    metadata: { neighbour: "encoder worker" },
  });
}
