import { maxEventBytes, type WorkQueue } from "@ipr/events";
import { badData } from "../../data/bad-data.ts";
import { type AnnotationOptions, checkCallable, planAnnotation } from "../annotation-options.ts";
import { readAnnotationPrompts } from "../annotation-prompt.ts";
import { beginWith, checkSettings } from "../annotation-settings.ts";
import { runAtOnce } from "../run-at-once.ts";
import { createQueueJournal } from "./queue-journal.ts";
import { encodeTask, type QueueTask } from "./queue-task.ts";

const publishedAtOnce = 64;

export interface EnqueueOptions extends AnnotationOptions {
  readonly prompts: string;
  readonly queue: WorkQueue;
}

export interface EnqueueReport {
  readonly tasks: number;
  /** Tasks that were in the queue already. */
  readonly duplicates: number;
}

/** Puts every answer that is wanted into the queue, for workers to get and judge. */
export async function enqueueAnnotation(options: EnqueueOptions): Promise<EnqueueReport> {
  const { queue } = options;
  const plan = planAnnotation(options);
  checkCallable(plan, options);
  const { judge, settings } = plan;
  const prompts = await readAnnotationPrompts(options.prompts, { needsReference: judge.needsReference });
  const journal = createQueueJournal(queue);
  const isBegun = await checkSettings(journal, settings, "the job");
  const names = plan.candidates.map(({ name }) => name);
  const tasks = prompts.flatMap((prompt): QueueTask[] =>
    judge.comparesWith === undefined
      ? names.map((name) => ({ prompt, candidates: [name] }))
      : [{ prompt, candidates: names }],
  );
  let duplicates = 0;
  await runAtOnce(tasks, publishedAtOnce, async (task) => {
    const encoded = encodeTask(task);
    if (encoded.data.length > maxEventBytes)
      throw badData(
        options.prompts,
        task.prompt.line,
        `is a task of ${encoded.data.length} bytes, but the queue takes at most ${maxEventBytes}`,
      );
    const { duplicate } = await queue.enqueue(encoded);
    if (duplicate) duplicates++;
  });
  // Last, since workers wait for it: one that came earlier would find the queue empty, and end.
  if (!isBegun) await beginWith(journal, settings);
  return { tasks: tasks.length, duplicates };
}
