import type { ServerResponse } from "node:http";

/** Aborts when the caller leaves before the whole answer is on its way to him. */
export function callerSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Resolves when the exchange is over: true when the whole answer was sent. */
export async function ended(response: ServerResponse): Promise<boolean> {
  if (!response.writableFinished && !response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once("finish", resolve).once("close", resolve);
    });
  }
  return response.writableFinished;
}
