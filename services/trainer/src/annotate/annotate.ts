import type { Candidate } from "@ipr/proto";
import { annotateAnswer, type Annotator } from "./annotate-answer.ts";
import {
  type AnnotationOptions,
  type CallOptions,
  checkCallable,
  planAnnotation,
} from "./annotation-options.ts";
import { type OnAnnotationProgress, ProgressTeller } from "./annotation-progress.ts";
import { type AnnotationPrompt, readAnnotationPrompts } from "./annotation-prompt.ts";
import { agreeOnSettings } from "./annotation-settings.ts";
import { Asker } from "./asking/asker.ts";
import { RunStopped } from "./asking/run-stopped.ts";
import { Spending } from "./asking/spending.ts";
import { openFileJournal } from "./journal/file-journal.ts";
import { scoreKey } from "./journal/journal-record.ts";
import { nothingLabelled } from "./nothing-labelled.ts";
import { outputFiles } from "./output-files.ts";
import { type RenderedAnnotation, renderAnnotation } from "./render-annotation.ts";
import { checkPrompts } from "./results.ts";
import { runAtOnce } from "./run-at-once.ts";

export interface AnnotateOptions extends AnnotationOptions, CallOptions {
  /** The file of prompts. */
  readonly prompts: string;
  readonly out: string;
}

export interface AnnotationReport extends RenderedAnnotation {
  /** Why not everything was asked, where the run was stopped, or why nothing was labelled. */
  readonly stopped: string | undefined;
}

/**
 * Gets and scores the candidates' answers to the prompts and writes them as labelled prompts. What an earlier run has
 * got, however that one ended, is not asked again.
 */
export async function annotate(
  options: AnnotateOptions,
  listener: OnAnnotationProgress = () => undefined,
): Promise<AnnotationReport> {
  const plan = planAnnotation(options);
  checkCallable(plan, options);
  const { candidates, judge, settings } = plan;
  const files = outputFiles(options.out);
  const prompts = await readAnnotationPrompts(options.prompts, { needsReference: judge.needsReference });
  await using journal = await openFileJournal(files.journal);
  await agreeOnSettings(journal, settings, files.journal);
  await checkPrompts(journal, { file: options.prompts, prompts, candidates: options.candidates });

  const { now, random, retryFailed = false } = options;
  const spending = new Spending({ maxUsd: options.maxUsd, chargedUsd: journal.chargedUsd });
  const total = prompts.length * candidates.length;
  const progress = new ProgressTeller({ total, spentUsd: () => spending.chargedUsd, now, listener });
  const asker = new Asker({
    answerer: options.answerer,
    journal,
    spending,
    maxCallsPerModel: options.concurrency,
    retryFailed,
    watcher: progress,
    now,
    random,
  });
  const annotator: Annotator = {
    ...plan,
    ...settings,
    temperature: options.temperature,
    asker,
    journal,
    judge,
    retryFailed,
  };

  let stopped: string | undefined;
  try {
    await runAtOnce(tasks(prompts, candidates), options.concurrency, async ({ prompt, candidate }) => {
      const wasKnown = (await journal.find(scoreKey(prompt.id, candidate.name)))?.kind === "scored";
      await annotateAnswer(annotator, prompt, candidate);
      progress.finished({ wasKnown });
    });
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error;
    stopped = error.message;
  }
  const rendered = await renderAnnotation({ ...plan, journal, prompts, files, now });
  return { ...rendered, stopped: stopped ?? nothingLabelled(rendered) };
}

function* tasks(
  prompts: readonly AnnotationPrompt[],
  candidates: readonly Candidate[],
): Generator<{ prompt: AnnotationPrompt; candidate: Candidate }> {
  for (const prompt of prompts) for (const candidate of candidates) yield { prompt, candidate };
}
