import { badData } from "../data/bad-data.ts";
import { type AnnotationPrompt, promptDigest } from "./annotation-prompt.ts";
import type { CallJournal } from "./journal/call-journal.ts";
import { answerKey, type JournalRecord, scoreKey } from "./journal/journal-record.ts";

type Answered = Extract<JournalRecord, { kind: "answered" }>;

/** What the journal says of one candidate's answer to one prompt. */
export interface AnswerResult {
  readonly candidate: string;
  readonly answer: Answered | undefined;
  /** In the judge's units. */
  readonly raw: number | undefined;
  /** Why there is no score. */
  readonly failure: string | undefined;
}

export interface PromptResult {
  readonly prompt: AnnotationPrompt;
  readonly answers: readonly AnswerResult[];
}

/**
 * What the journal says of each prompt, in the order of the prompts.
 *
 * @throws IprError BAD_DATA where the journal has another prompt of that id.
 */
export async function* resultsOf(
  journal: Pick<CallJournal, "find">,
  prompts: readonly AnnotationPrompt[],
  candidates: readonly string[],
): AsyncGenerator<PromptResult> {
  for (const prompt of prompts) {
    const answers: AnswerResult[] = [];
    for (const candidate of candidates) answers.push(await resultOf(journal, prompt.id, candidate));
    yield { prompt, answers };
  }
}

async function resultOf(
  journal: Pick<CallJournal, "find">,
  prompt: string,
  candidate: string,
): Promise<AnswerResult> {
  const answer = await journal.find(answerKey(prompt, candidate));
  const score = await journal.find(scoreKey(prompt, candidate));
  const failed = [score, answer].find((record) => record?.kind === "failed");
  return {
    candidate,
    answer: answer?.kind === "answered" ? answer : undefined,
    raw: score?.kind === "scored" ? score.raw : undefined,
    failure: score?.kind !== "scored" && failed?.kind === "failed" ? failed.why : undefined,
  };
}

/**
 * Makes sure that the journal's answers are to these very prompts.
 *
 * @throws IprError BAD_DATA that names the first prompt that has changed.
 */
export async function checkPrompts(
  journal: Pick<CallJournal, "find">,
  options: {
    readonly file: string;
    readonly prompts: readonly AnnotationPrompt[];
    readonly candidates: readonly string[];
  },
): Promise<void> {
  for (const prompt of options.prompts) {
    const digest = promptDigest(prompt);
    for (const candidate of options.candidates) {
      const record = await journal.find(answerKey(prompt.id, candidate));
      if (record !== undefined && "prompt" in record && record.prompt !== digest) {
        throw badData(
          options.file,
          prompt.line,
          `has another prompt or reference than when "${prompt.id}" was asked; give it another id, or another --out`,
        );
      }
    }
  }
}
