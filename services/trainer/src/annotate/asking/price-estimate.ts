import type { Candidate } from "@ipr/proto";
import type { Question } from "../answerer.ts";
import { contentText } from "../annotation-prompt.ts";

/** What a chat format adds, at most, to a conversation and to each of its messages. */
const framingTokens = 16;
const tokensPerMtok = 1_000_000;
const defaultCharactersPerToken = 4;
/** The length of an answer of which nothing is known. */
const defaultOutputTokens = 400;

/**
 * The most a question can cost: a token is at least one byte of the text, and the answer is as long as it may be.
 * Undefined when the model's price is unknown. Images are not counted: their tokens depend on the maker.
 */
export function mostUsd({ model, messages, maxOutputTokens }: Question): number | undefined {
  const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(contentText(message)), 0);
  return mostUsdOf(model, { bytes, messages: messages.length, maxOutputTokens });
}

/** The same for a question of which only the size is known. */
export function mostUsdOf(
  { price }: Candidate,
  size: { readonly bytes: number; readonly messages: number; readonly maxOutputTokens: number },
): number | undefined {
  if (!price) return undefined;
  const inputTokens = size.bytes + framingTokens * (size.messages + 1);
  const inputPrice = Math.max(price.inputUsdPerMtok, price.cachedInputUsdPerMtok ?? 0);
  return (inputTokens * inputPrice + size.maxOutputTokens * price.outputUsdPerMtok) / tokensPerMtok;
}

/** What a question of this many characters is likely to cost. Undefined when the model's price is unknown. */
export function likelyUsd(
  model: Candidate,
  { characters, maxOutputTokens }: { readonly characters: number; readonly maxOutputTokens: number },
): number | undefined {
  const { price } = model;
  if (!price) return undefined;
  const inputTokens = characters / (model.charactersPerToken ?? defaultCharactersPerToken);
  const outputTokens = Math.min(model.expectedOutputTokens ?? defaultOutputTokens, maxOutputTokens);
  return (inputTokens * price.inputUsdPerMtok + outputTokens * price.outputUsdPerMtok) / tokensPerMtok;
}

/** The longest answer that a model may give here. */
export function outputLimitOf(model: Candidate, maxOutputTokens: number): number {
  const own = model.limits?.maxOutputTokens ?? 0;
  return own > 0 ? Math.min(own, maxOutputTokens) : maxOutputTokens;
}
