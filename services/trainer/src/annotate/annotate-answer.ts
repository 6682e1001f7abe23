import type { Candidate } from "@ipr/proto";
import { type AnnotationPrompt, type Message, messagesOf, promptDigest } from "./annotation-prompt.ts";
import { type Asker, CallFailed } from "./asking/asker.ts";
import { outputLimitOf } from "./asking/price-estimate.ts";
import type { CallJournal } from "./journal/call-journal.ts";
import { answerKey, judgeKey, scoreKey } from "./journal/journal-record.ts";
import { type Judge, type Judgement, NotJudged, UnreadableReply } from "./judges/judge.ts";

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
  const { journal, retryFailed } = annotator;
  const key = scoreKey(prompt.id, candidate.name);
  const found = await journal.find(key);
  if (found?.kind === "scored") return;
  if (found?.kind === "failed" && found.isFinal && !retryFailed) return;
  const text = await answerOf(annotator, prompt, candidate).catch(unlessFailed);
  // The failed call itself is in the journal already.
  if (text instanceof CallFailed) return;
  const round = found?.kind === "failed" ? (found.nextRound ?? 1) : 1;
  const common = { key, prompt: promptDigest(prompt) };
  try {
    await journal.append({
      kind: "scored",
      ...common,
      ...(await judge(annotator, { prompt, candidate, text, round })),
    });
    annotator.asker.readReply();
  } catch (error) {
    if (!(error instanceof NotJudged || error instanceof CallFailed)) throw error;
    const isFinal = error instanceof NotJudged ? !error.isPassing : error.isFinal;
    // Calls that were answered are used again, unless it is their answers that could not be read.
    const nextRound = error instanceof NotJudged && isFinal ? round + 1 : round;
    await journal.append({
      kind: "failed",
      ...common,
      why: error.message,
      isFinal,
      nextRound,
      chargedUsd: 0,
    });
    if (error instanceof UnreadableReply) annotator.asker.couldNotRead(error.message);
  }
}

function unlessFailed(error: unknown): CallFailed {
  if (error instanceof CallFailed) return error;
  throw error;
}

interface Given {
  readonly prompt: AnnotationPrompt;
  readonly candidate: Candidate;
  readonly text: string;
  readonly round: number;
}

async function judge(annotator: Annotator, { prompt, candidate, text, round }: Given): Promise<Judgement> {
  const { reference, asker } = annotator;
  if (reference?.name === candidate.name) return { raw: 0, note: "the reference itself" };
  const opponent = reference && (await answerOf(annotator, prompt, reference));
  const ask = askerFor(annotator, { prompt, candidate, round });
  return annotator.judge.judge({ prompt, text, opponent }, { ask, signal: asker.stopped });
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
function askerFor(annotator: Annotator, { prompt, candidate, round }: Omit<Given, "text">) {
  return async (call: string, messages: readonly Message[]) => {
    const model = annotator.judgeModel;
    if (model === undefined) throw new Error("a judge without a model asked one");
    const { text } = await annotator.asker.ask({
      key: judgeKey(prompt.id, candidate.name, call, round),
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
