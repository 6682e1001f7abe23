import { parentPort, workerData } from "node:worker_threads";
import { openEncoder, type OpenOptions } from "@ipr/encoders";
import { takeMessages } from "@ipr/onnx";
import { extractBatch, type ExtractedBatch, type ExtractionJob } from "./extract-batch.ts";

/** The encoder to open, or none. */
export interface ExtractionWorkerData {
  readonly encoder: string | undefined;
  /** Where the API key of a remote encoder is looked up. */
  readonly environment?: OpenOptions["environment"];
}

/** Answers come in the order of the jobs. */
export type ExtractionAnswer = { readonly batch: ExtractedBatch } | { readonly failure: unknown };

const { encoder: directory, environment = {} } = workerData as ExtractionWorkerData;
const encoder = directory === undefined ? undefined : openEncoder(directory, { environment });
// A failure is told to whoever sends the first job.
encoder?.catch(() => {});
if (parentPort) {
  takeMessages(
    parentPort,
    async (job) => {
      try {
        const batch = await extractBatch(job as ExtractionJob, await encoder);
        answer({ batch }, batch);
      } catch (failure) {
        answer({ failure });
      }
    },
    async () => (await encoder?.catch(() => undefined))?.[Symbol.asyncDispose](),
  );
}

function answer(message: ExtractionAnswer, batch?: ExtractedBatch): void {
  const moved = Object.values(batch ?? {}).flatMap((value) =>
    typeof value === "number" ? [] : [value.buffer],
  );
  parentPort?.postMessage(message, moved);
}
