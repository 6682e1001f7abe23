import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { IprError, messageOf, status } from "@ipr/errors";
import { takeMessages } from "@ipr/onnx";
import type { EncodeMessage, SentError, WorkerMessage, WorkerStart } from "./messages.ts";
import { loadOnnxModel } from "./onnx-model.ts";

/** A thread with a tokenizer and an ONNX session of its own: `session.run` blocks the thread it is called on. */
async function main(port: MessagePort, start: WorkerStart): Promise<void> {
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  let encode;
  try {
    encode = await loadOnnxModel(start);
  } catch (error) {
    send({ kind: "refused", error: sent(error) });
    return;
  }
  takeMessages(port, (message) =>
    encode((message as EncodeMessage).texts).then(
      (vectors) => send({ kind: "encoded", vectors }, [vectors.buffer as ArrayBuffer]),
      (error: unknown) => send({ kind: "failed", error: sent(error) }),
    ),
  );
  send({ kind: "ready" });
}

function sent(error: unknown): SentError {
  if (error instanceof IprError) {
    const { code, reason, message, metadata } = error;
    return { code, reason, message, metadata };
  }
  return {
    code: status.INTERNAL,
    reason: "INTERNAL",
    message: `encoding failed: ${messageOf(error)}`,
    metadata: {},
  };
}

if (parentPort) await main(parentPort, workerData as WorkerStart);
