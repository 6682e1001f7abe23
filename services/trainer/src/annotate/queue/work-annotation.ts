import { IprError, status } from "@ipr/errors";
import type { WorkQueue } from "@ipr/events";
import { annotateAnswer } from "../annotate-answer.ts";
import {
  type AnnotationOptions,
  type CallOptions,
  checkCallable,
  planAnnotation,
} from "../annotation-options.ts";
import { type OnAnnotationProgress, ProgressTeller } from "../annotation-progress.ts";
import { checkSettings } from "../annotation-settings.ts";
import { Asker } from "../asking/asker.ts";
import { RunStopped } from "../asking/run-stopped.ts";
import { Spending } from "../asking/spending.ts";
import { createQueueJournal } from "./queue-journal.ts";
import { decodeTask } from "./queue-task.ts";

export interface WorkOptions extends AnnotationOptions, CallOptions {
  readonly queue: WorkQueue;
}

export interface WorkReport {
  /** Answers that this worker dealt with. */
  readonly answers: number;
  readonly chargedUsd: number;
  readonly stopped: string | undefined;
}

/** Takes tasks from the queue, gets and judges the answers, and ends when none is left with any worker. */
export async function workAnnotation(
  options: WorkOptions,
  listener: OnAnnotationProgress = () => undefined,
): Promise<WorkReport> {
  const { queue, now, random, concurrency, retryFailed = false } = options;
  const plan = planAnnotation(options);
  checkCallable(plan, options);
  const journal = createQueueJournal(queue);
  if (!(await checkSettings(journal, plan.settings, "the job"))) {
    throw new IprError(
      status.FAILED_PRECONDITION,
      "BAD_CONFIG",
      "nothing is enqueued for this job, or not yet all of it: run the same command with --prompts and --enqueue first",
      { metadata: { setting: "job" } },
    );
  }
  const spending = new Spending({ maxUsd: options.maxUsd, chargedUsd: 0 });
  const progress = new ProgressTeller({ total: 0, spentUsd: () => spending.chargedUsd, now, listener });
  const asker = new Asker({
    answerer: options.answerer,
    journal,
    spending,
    maxCallsPerModel: concurrency,
    retryFailed,
    watcher: progress,
    now,
    random,
  });
  const { temperature } = options;
  const annotator = { ...plan, ...plan.settings, temperature, asker, journal, retryFailed };
  const byName = new Map(plan.candidates.map((candidate) => [candidate.name, candidate]));
  let answers = 0;
  let stopped: string | undefined;
  try {
    await queue.work({ concurrency }, async (task) => {
      const { prompt, candidates } = decodeTask(task);
      for (const name of candidates) {
        const candidate = byName.get(name);
        if (candidate === undefined)
          throw new RunStopped(`the queue asks for ${name}, which is not among --candidates of this worker`);
        await annotateAnswer({ ...annotator, judge: plan.judge }, prompt, candidate);
        answers++;
        progress.finished({ wasKnown: false });
      }
    });
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error;
    stopped = error.message;
  }
  return { answers, chargedUsd: spending.chargedUsd, stopped };
}
