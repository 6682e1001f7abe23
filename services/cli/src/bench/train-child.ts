import { train, type TrainOptions, type TrainReport } from "@ipr/trainer";

/** What the child is told, as its one argument. */
export type TrainChildOptions = TrainOptions;

/** What it tells: each step, then what came of it. */
export type TrainChildMessage =
  | { readonly stage: string; readonly done: number; readonly total: number }
  | { readonly result: TrainChildResult };

export interface TrainChildResult {
  readonly report: TrainReport;
  readonly stages: readonly StageTime[];
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

export interface StageTime {
  readonly stage: string;
  readonly seconds: number;
  /** What its progress counts: files, prompts or epochs. */
  readonly done: number;
}

// A process of its own, so that its memory and CPU time are those of training and nothing else.
const options = JSON.parse(process.argv[2] ?? "{}") as TrainChildOptions;
const stages: { stage: string; startedMs: number; done: number }[] = [];
const startedMs = performance.now();
const report = await train(options, (progress) => {
  const current = stages.at(-1);
  if (current?.stage === progress.stage) current.done = progress.done;
  else stages.push({ stage: progress.stage, startedMs: performance.now(), done: progress.done });
  tell(progress);
});
const endedMs = performance.now();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
tell({
  result: {
    report,
    stages: stages.map(({ stage, startedMs: from, done }, i) => ({
      stage,
      done,
      seconds: ((stages[i + 1]?.startedMs ?? endedMs) - from) / 1000,
    })),
    wallSeconds: (endedMs - startedMs) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssBytes: maxRSS * 1024,
  },
});

function tell(message: TrainChildMessage): void {
  process.send?.(message);
}
