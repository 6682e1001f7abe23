import { setTimeout as delay } from "node:timers/promises";
import type { MessagePort, Worker } from "node:worker_threads";

/** How long a thread may go on with what it computes before it is ended by force. */
const endTimeoutMs = 30_000;

const endMessage = "end";

/**
 * Ends a thread that computes with onnxruntime, after what it computes now. A thread that is terminated inside a native call
 * takes the whole process with it (an uncaught Napi::Error), so that this is done only to one that does not end in time.
 * The thread must have been told how by `onEnd`, or end by itself.
 */
export async function endThread(worker: Worker): Promise<void> {
  // A thread that has ended has no number any more.
  if (worker.threadId < 0) return;
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const timeout = new AbortController();
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  worker.postMessage(endMessage);
  await Promise.race([ended, delay(endTimeoutMs, undefined, timeout)]);
  timeout.abort();
  if (worker.threadId >= 0) await worker.terminate();
}

/**
 * In a thread: takes its messages in order, one at a time, and ends it when it is told to. `close` runs last; then
 * nothing holds the thread any more.
 */
export function takeMessages(
  port: MessagePort,
  take: (message: unknown) => Promise<void>,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  let last: Promise<void> = Promise.resolve();
  port.on("message", (message: unknown) => {
    last = last.then(() => (message === endMessage ? close().finally(() => port.close()) : take(message)));
  });
}
