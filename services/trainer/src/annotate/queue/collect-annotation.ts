import type { WorkQueue } from "@ipr/events";
import { type AnnotationOptions, planAnnotation } from "../annotation-options.ts";
import { readAnnotationPrompts } from "../annotation-prompt.ts";
import { agreeOnSettings } from "../annotation-settings.ts";
import type { AnnotationReport } from "../annotate.ts";
import { type FileJournal, openFileJournal } from "../journal/file-journal.ts";
import { settingsKey } from "../journal/journal-record.ts";
import { nothingLabelled } from "../nothing-labelled.ts";
import { outputFiles } from "../output-files.ts";
import { renderAnnotation } from "../render-annotation.ts";
import { checkPrompts } from "../results.ts";
import { decodeRecord } from "./queue-journal.ts";

/** Records that are written to the journal together. */
const recordsAtOnce = 256;

export interface CollectOptions extends AnnotationOptions {
  readonly prompts: string;
  readonly out: string;
  readonly queue: WorkQueue;
  readonly now: () => number;
}

/**
 * Copies what the workers have recorded so far into a journal of one's own, and writes the labelled prompts from it. It
 * may be run at any time, and again.
 */
export async function collectAnnotation(options: CollectOptions): Promise<AnnotationReport> {
  const plan = planAnnotation(options);
  const { judge, settings } = plan;
  const files = outputFiles(options.out);
  const prompts = await readAnnotationPrompts(options.prompts, { needsReference: judge.needsReference });
  await using journal = await openFileJournal(files.journal);
  await agreeOnSettings(journal, settings, files.journal);
  await copyRecords(options.queue, journal);
  await checkPrompts(journal, { file: options.prompts, prompts, candidates: options.candidates });
  const rendered = await renderAnnotation({ ...plan, journal, prompts, files, now: options.now });
  const open = rendered.candidates.reduce((sum, candidate) => sum + candidate.open, 0);
  const stopped =
    open === 0
      ? nothingLabelled(rendered)
      : `${open} answers are still with the workers, or were given up by them; collect again later, or enqueue them again`;
  return { ...rendered, stopped };
}

async function copyRecords(queue: WorkQueue, journal: FileJournal): Promise<void> {
  let batch: Promise<void>[] = [];
  for await (const value of queue.records()) {
    const record = decodeRecord(value);
    if (record.key === settingsKey) {
      await agreeOnSettings(journal, record.kind === "settings" ? record.settings : {}, "the job");
      continue;
    }
    const known = await journal.find(record.key);
    if (JSON.stringify(known) === JSON.stringify(record)) continue;
    batch.push(journal.append(record));
    if (batch.length < recordsAtOnce) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
}
