import type { AnnotationPrompt, Message } from "../annotation-prompt.ts";
import type { Calibration } from "../scoring/calibration.ts";

/** An answer that is to be judged. The judge never learns which candidate wrote it. */
export interface JudgedAnswer {
  readonly prompt: AnnotationPrompt;
  readonly text: string;
  /** The reference candidate's answer to the same prompt, where the judge compares. */
  readonly opponent: string | undefined;
}

/** What a judge can ask of the world. Each call has a name of its own within one judgement, and is made once. */
export interface JudgeTools {
  /** Asks the judge's model. */
  ask(call: string, messages: readonly Message[]): Promise<string>;
  /** Aborts when the run is stopped: a judge that waits or tests gives up, by throwing the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Judgement {
  /** In the judge's own units. */
  readonly raw: number;
  readonly note?: string;
}

/** One way to score answers. */
export interface Judge {
  /** All that its scores depend on: kept beside them, and equal for all scores in one journal. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether prompts must bring answers that are right. */
  readonly needsReference: boolean;
  /** The candidate that it compares with: its own answers are ties with themselves. */
  readonly comparesWith: string | undefined;
  /** The name of the model it asks. */
  readonly model: string | undefined;
  /** Model calls for one answer: usual, and at most. */
  readonly calls: { readonly usual: number; readonly most: number };
  /** How raw scores become qualities; undefined when the map is fitted on the scores. */
  readonly calibration: Calibration | undefined;
  /** @throws NotJudged when there is no score: it is recorded, never made up. */
  judge(answer: JudgedAnswer, tools: JudgeTools): Promise<Judgement>;
}

/** The judge could not judge, in words for the journal. */
export class NotJudged extends Error {
  /** Judging again may help. */
  readonly isPassing: boolean;

  constructor(why: string, options: { readonly isPassing?: boolean } = {}) {
    super(why);
    this.isPassing = options.isPassing ?? false;
  }
}

/** The judge's model replied, and not as it was told to. */
export class UnreadableReply extends NotJudged {}
