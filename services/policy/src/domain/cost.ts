import type { Candidate } from "./candidate.ts";

const defaultCharactersPerToken = 4;
const tokensPerMtok = 1_000_000;

/** How long a request and its answer are, for one candidate. */
export interface Tokens {
  readonly input: number;
  /** Of `input`, what the provider's cache already holds. */
  readonly cachedInput: number;
  /** Undefined when nothing is known about the answer's length. */
  readonly output: number | undefined;
}

/** An expected cost in USD, in its parts. */
export interface Cost {
  readonly inputUsd: number;
  readonly cachedInputUsd: number;
  readonly outputUsd: number;
  readonly totalUsd: number;
}

export interface OutputLength {
  /** What the caller expects. */
  readonly expected?: number | undefined;
  /** The longest answer the caller accepts: it caps, and never sets, the expected length. */
  readonly max?: number | undefined;
  /** What the estimator predicts for this prompt and candidate. */
  readonly predicted?: number | undefined;
}

export function inputTokens(candidate: Candidate, characters: number): number {
  return characters / (candidate.charactersPerToken ?? defaultCharactersPerToken);
}

/** The caller's word, else the estimator's, else the candidate's mean; unknown when there is none of them. */
export function outputTokens(
  candidate: Candidate,
  { expected, max, predicted }: OutputLength,
): number | undefined {
  const isPredicted = predicted !== undefined && Number.isFinite(predicted) && predicted >= 0;
  const length = expected ?? (isPredicted ? predicted : candidate.expectedOutputTokens);
  return length === undefined ? undefined : Math.min(length, max ?? Number.POSITIVE_INFINITY);
}

/** What the request is expected to cost; unknown, which is not zero, when the price or the answer's length is. */
export function expectedCost({ price }: Candidate, { input, cachedInput, output }: Tokens): Cost | undefined {
  if (price === undefined || output === undefined) return undefined;
  const cached = Math.min(cachedInput, input);
  const inputUsd = ((input - cached) * price.inputUsdPerMtok) / tokensPerMtok;
  const cachedInputUsd = (cached * (price.cachedInputUsdPerMtok ?? price.inputUsdPerMtok)) / tokensPerMtok;
  const outputUsd = (output * price.outputUsdPerMtok) / tokensPerMtok;
  return { inputUsd, cachedInputUsd, outputUsd, totalUsd: inputUsd + cachedInputUsd + outputUsd };
}
