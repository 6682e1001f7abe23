import { messageOf } from "@ipr/errors";
import type { Candidate } from "@ipr/proto";
import { type AnnotationPrompt, type Message, messagesOf, promptDigest } from "./annotation-prompt.ts";
import { type Asker, CallFailed } from "./asking/asker.ts";
import { outputLimitOf } from "./asking/price-estimate.ts";
import type { CallJournal } from "./journal/call-journal.ts";
import { answerKey, judgeKey, scoreKey } from "./journal/journal-record.ts";
import { type Judge, NotJudged } from "./judges/judge.ts";

export interface Annotator {
  readonly asker: Asker;
  readonly journal: CallJournal;
  readonly judge: Judge;
  /** The model that the judge asks, and the candidate that it compares with, where it has them. */
  readonly judgeModel: Candidate | undefined;
  readonly reference: Candidate | undefined;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature: number | undefined;
  readonly retryFailed: boolean;
  readonly signal: AbortSignal;
}

/**
 * Gets one candidate's answer to one prompt and its score, unless the journal has them. Why there is no score is in the
 * journal, too.
 *
 * @throws RunStopped when the whole run must end.
 */
export async function annotateAnswer(
  annotator: Annotator,
  prompt: AnnotationPrompt,
  candidate: Candidate,
): Promise<void> {
  const { journal, judge, retryFailed } = annotator;
  const key = scoreKey(prompt.id, candidate.name);
  const found = await journal.find(key);
  if (found?.kind === "scored") return;
  if (found?.kind === "failed" && found.isFinal && !retryFailed) return;
  const digest = promptDigest(prompt);
  try {
    const text = await answerOf(annotator, prompt, candidate);
    if (judge.comparesWith === candidate.name) {
      await journal.append({ kind: "scored", key, prompt: digest, raw: 0, note: "the reference itself" });
      return;
    }
    const { reference } = annotator;
    const opponent = reference && (await answerOf(annotator, prompt, reference));
    const judgement = await judge.judge(
      { prompt, text, opponent },
      { ask: askerFor(annotator, prompt, candidate), signal: annotator.signal },
    );
    await journal.append({ kind: "scored", key, prompt: digest, ...judgement });
  } catch (error) {
    // The failed call itself is in the journal already.
    if (error instanceof CallFailed) return;
    if (!(error instanceof NotJudged)) throw error;
    const isFinal = !error.isPassing;
    await journal.append({
      kind: "failed",
      key,
      prompt: digest,
      why: messageOf(error),
      isFinal,
      chargedUsd: 0,
    });
  }
}

async function answerOf(
  annotator: Annotator,
  prompt: AnnotationPrompt,
  candidate: Candidate,
): Promise<string> {
  const { text } = await annotator.asker.ask({
    key: answerKey(prompt.id, candidate.name),
    prompt: promptDigest(prompt),
    question: {
      model: candidate,
      messages: messagesOf(prompt),
      maxOutputTokens: outputLimitOf(candidate, annotator.maxOutputTokens),
      temperature: annotator.temperature,
    },
  });
  return text;
}

/** Calls of the judge's about this answer. */
function askerFor(annotator: Annotator, prompt: AnnotationPrompt, candidate: Candidate) {
  return async (call: string, messages: readonly Message[]) => {
    const model = annotator.judgeModel;
    if (model === undefined) throw new Error("a judge without a model asked one");
    const { text } = await annotator.asker.ask({
      key: judgeKey(prompt.id, candidate.name, call),
      prompt: promptDigest(prompt),
      question: {
        model,
        messages,
        maxOutputTokens: outputLimitOf(model, annotator.maxJudgeOutputTokens),
        // The same answer deserves the same rating; models that reason often refuse to be told a temperature.
        temperature: model.capabilities?.reasoning ? undefined : 0,
      },
    });
    return text;
  };
}
