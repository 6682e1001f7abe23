/** What a long command reports as it goes. `total` 0 means unknown. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** Where nobody watches, a stage that takes long says so every so often. */
const lineIntervalMs = 10_000;
/** A stage has no speed before it has run this long. */
const leastRateMs = 2_000;
/** Slower steps than this many a second are told by what is left, not by their speed. */
const leastRate = 10;
const barWidth = 30;

/**
 * Shows progress on a terminal as one line that is written over, elsewhere as one line a stage and one every ten seconds;
 * with the speed and the time left, where they can be told.
 */
export function progressPrinter(
  stream: { isTTY?: boolean; write(text: string): unknown },
  nowMs: () => number = () => performance.now(),
): {
  readonly report: (progress: Progress) => void;
  readonly end: () => void;
} {
  let current = { stage: "", startedMs: 0, startedAt: 0, lastLineMs: 0 };
  let open = false;
  return {
    report({ stage, done, total }) {
      const now = nowMs();
      const isNew = stage !== current.stage;
      // A stage may start in the middle: what an earlier run had done is not this one's speed.
      if (isNew) current = { stage, startedMs: now, startedAt: done, lastLineMs: now };
      const pace = paceOf({
        done: done - current.startedAt,
        left: total - done,
        ms: now - current.startedMs,
      });
      if (stream.isTTY) {
        stream.write(
          `${open && isNew ? "\n" : "\r"}\u001b[K${stage} ${[...barOf(done, total), ...pace].join(", ")}`,
        );
        open = true;
      } else if (isNew) {
        stream.write(`${stage}\n`);
      } else if (now - current.lastLineMs >= lineIntervalMs) {
        stream.write(`${stage}: ${[...shareOf(done, total), ...pace].join(", ")}\n`);
        current.lastLineMs = now;
      }
    },
    end() {
      if (open) stream.write("\n");
      open = false;
    },
  };
}

function barOf(done: number, total: number): string[] {
  if (total <= 0) return [];
  const share = Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  return [`[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] ${Math.floor(share * 100)} %`];
}

function shareOf(done: number, total: number): string[] {
  return total > 0 ? [`${done} of ${total}`] : [String(done)];
}

function paceOf({
  done,
  left,
  ms,
}: {
  readonly done: number;
  readonly left: number;
  readonly ms: number;
}): string[] {
  if (ms < leastRateMs || done <= 0) return [];
  const perSecond = (1000 * done) / ms;
  return [
    ...(perSecond >= leastRate ? [`${Math.round(perSecond)}/s`] : []),
    ...(left > 0 ? [`about ${durationOf(left / perSecond)} left`] : []),
  ];
}

/** As people say it: 40 s, 3 min, 2 h 5 min. */
function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
