import type { Candidate } from "@ipr/proto";
import type { Message } from "./annotation-prompt.ts";

/** One question to a model, whether it is to be judged or to judge. */
export interface Question {
  readonly model: Candidate;
  readonly messages: readonly Message[];
  /** The longest answer, reasoning included. */
  readonly maxOutputTokens: number;
  readonly temperature: number | undefined;
}

export interface Answer {
  readonly kind: "answered";
  readonly text: string;
  /** The answer reached the output limit. */
  readonly isCut: boolean;
  /** Undefined when the upstream does not say. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly costUsd: number | undefined;
}

/** Why there is no answer. */
export type NoAnswer =
  /** The upstream refuses this very question: asking again changes nothing. */
  | { readonly kind: "refused"; readonly why: string }
  | {
      readonly kind: "failed";
      readonly why: string;
      /** 0 when no answer came. */
      readonly httpStatus: number;
      readonly retryAfterMs: number | undefined;
      /** The upstream may bill it nevertheless. */
      readonly mayBeBilled: boolean;
    };

/** The port through which models are asked: once for each call, without retries. It has its own deadline. */
export interface Answerer {
  answer(question: Question): Promise<Answer | NoAnswer>;
}
