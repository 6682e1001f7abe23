import type { ServerResponse } from "node:http";

/** Aborts when the caller leaves before the whole answer is on its way to him. */
export function callerSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Resolves when the exchange is over: true when the whole answer was sent. A caller who has not read it when the signal
 * aborts is cut off.
 */
export async function ended(response: ServerResponse, signal: AbortSignal): Promise<boolean> {
  if (!response.writableFinished && !response.destroyed) {
    const cut = () => response.destroy();
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
    await new Promise<void>((resolve) => {
      response.once("finish", resolve).once("close", resolve);
    });
    signal.removeEventListener("abort", cut);
  }
  return response.writableFinished;
}
