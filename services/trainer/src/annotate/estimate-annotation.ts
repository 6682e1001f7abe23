import type { Candidate } from "@ipr/proto";
import { type AnnotationOptions, planAnnotation } from "./annotation-options.ts";
import {
  type AnnotationPrompt,
  conversationText,
  messagesOf,
  readAnnotationPrompts,
} from "./annotation-prompt.ts";
import { likelyUsd, mostUsd, mostUsdOf, outputLimitOf } from "./asking/price-estimate.ts";
import { maxJudgedCharacters } from "./judges/framing.ts";
import type { Judge } from "./judges/judge.ts";

const charactersPerToken = 4;
/** Reasons and a verdict, in tokens, as judges usually write them. */
const usualJudgeTokens = 200;
const usualAnswerCharacters = 400 * charactersPerToken;
/** Rubric, frames and format, in characters. */
const judgeFramingCharacters = 2_400;

/** What an annotation will take, of one model or of all. */
export interface Estimate {
  readonly calls: number;
  /** Undefined when a price is unknown. */
  readonly likelyUsd: number | undefined;
  /**
   * With every answer as long as it may be, and every judge asked twice; undefined when a price is unknown. What is
   * asked again after a failure comes on top: only a spend limit bounds the bill.
   */
  readonly mostUsd: number | undefined;
}

export interface AnnotationEstimate extends Estimate {
  readonly prompts: number;
  readonly byModel: Readonly<Record<string, Estimate>>;
}

/** Reckons an annotation from its prompts and prices. Nothing is asked and nothing written. */
export async function estimateAnnotation(
  options: AnnotationOptions & { readonly prompts: string },
): Promise<AnnotationEstimate> {
  const { candidates, judge, judgeModel, reference } = planAnnotation(options);
  const prompts = await readAnnotationPrompts(options.prompts, { needsReference: judge.needsReference });
  const answering = [...new Set([...candidates, ...(reference ? [reference] : [])])];
  const byModel = new Map<string, Estimate>();
  const add = (model: Candidate, estimate: Estimate): void => {
    const known = byModel.get(model.name);
    byModel.set(model.name, known ? sum([known, estimate]) : estimate);
  };
  for (const model of answering) add(model, answers(model, prompts, options.maxOutputTokens));
  if (judgeModel) {
    const judged = candidates.filter((candidate) => candidate.name !== judge.comparesWith).length;
    add(judgeModel, judgements(judgeModel, judge, { prompts, judged, options }));
  }
  return { prompts: prompts.length, ...sum([...byModel.values()]), byModel: Object.fromEntries(byModel) };
}

function answers(model: Candidate, prompts: readonly AnnotationPrompt[], limit: number): Estimate {
  const maxOutputTokens = outputLimitOf(model, limit);
  return sum(
    prompts.map((prompt) => {
      const messages = messagesOf(prompt);
      const { length: characters } = conversationText(prompt);
      return {
        calls: 1,
        likelyUsd: likelyUsd(model, { characters, maxOutputTokens }),
        mostUsd: mostUsd({ model, messages, maxOutputTokens, temperature: undefined }),
      };
    }),
  );
}

function judgements(
  model: Candidate,
  judge: Judge,
  given: {
    readonly prompts: readonly AnnotationPrompt[];
    readonly judged: number;
    readonly options: AnnotationOptions;
  },
): Estimate {
  const { prompts, judged, options } = given;
  const answersRead = judge.comparesWith === undefined ? 1 : 2;
  const maxOutputTokens = outputLimitOf(model, options.maxJudgeOutputTokens);
  const longestAnswer = Math.min(maxJudgedCharacters, options.maxOutputTokens * charactersPerToken);
  return sum(
    prompts.map((prompt) => {
      const { length } = conversationText(prompt);
      const characters = length + judgeFramingCharacters;
      const likely = likelyUsd(
        { ...model, expectedOutputTokens: usualJudgeTokens },
        { characters: characters + answersRead * usualAnswerCharacters, maxOutputTokens },
      );
      const most = mostUsdOf(model, {
        bytes: characters + answersRead * longestAnswer,
        messages: 2,
        maxOutputTokens,
      });
      return {
        calls: judge.calls.usual * judged,
        likelyUsd: times(likely, judge.calls.usual * judged),
        mostUsd: times(most, judge.calls.most * judged),
      };
    }),
  );
}

function times(usd: number | undefined, count: number): number | undefined {
  return usd === undefined ? undefined : usd * count;
}

function sum(parts: readonly Estimate[]): Estimate {
  const add = (values: readonly (number | undefined)[]) =>
    values.reduce(
      (total: number | undefined, value) =>
        total === undefined || value === undefined ? undefined : total + value,
      0,
    );
  return {
    calls: parts.reduce((total, { calls }) => total + calls, 0),
    likelyUsd: add(parts.map((part) => part.likelyUsd)),
    mostUsd: add(parts.map((part) => part.mostUsd)),
  };
}
