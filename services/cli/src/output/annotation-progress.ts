import type { AnnotationProgress } from "@ipr/trainer";
import { usd } from "./numbers.ts";

/** Where nobody watches, a line this often is enough. */
const linePauseMs = 10_000;
const screenPauseMs = 100;

/** Shows how an annotation goes: one line that is written over on a terminal, elsewhere a line now and then. */
export function annotationProgressPrinter(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => number,
): { readonly report: (progress: AnnotationProgress) => void; readonly end: () => void } {
  let shownAt = Number.NEGATIVE_INFINITY;
  let last: AnnotationProgress | undefined;
  const show = (progress: AnnotationProgress): void => {
    shownAt = now();
    last = undefined;
    stream.write(stream.isTTY ? `\r\u001b[K${describe(progress)}` : `${describe(progress)}\n`);
  };
  return {
    report(progress) {
      last = progress;
      if (now() - shownAt >= (stream.isTTY ? screenPauseMs : linePauseMs)) show(progress);
    },
    end() {
      if (last) show(last);
      if (stream.isTTY && shownAt > 0) stream.write("\n");
    },
  };
}

function describe({ done, total, calls, failedCalls, spentUsd, remainingMs }: AnnotationProgress): string {
  const failed = failedCalls === 0 ? "" : ` (${failedCalls} failed)`;
  const left = remainingMs === undefined || done === total ? "" : `, about ${duration(remainingMs)} left`;
  const of = total === 0 ? "" : `/${total}`;
  return `${done}${of} answers, ${calls} calls${failed}, ${usd(spentUsd)} USD so far${left}`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
