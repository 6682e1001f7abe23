/** Lets one call through in each pause, and tells it how many were held back before it. */
export function createRarely(
  pauseMs: number,
  nowMs: () => number,
): (work: (heldBack: number) => void) => void {
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let heldBack = 0;
  return (work) => {
    if (nowMs() < nextAtMs) {
      heldBack += 1;
      return;
    }
    work(heldBack);
    heldBack = 0;
    nextAtMs = nowMs() + pauseMs;
  };
}
