/** Token counts as the provider reports them. Cached input is part of input, reasoning part of output. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** Reads OpenAI's `usage` object; undefined when it is not one, since unknown is not zero. */
export function parseUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens = count(value["prompt_tokens"]);
  const outputTokens = count(value["completion_tokens"]);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    cachedInputTokens: Math.min(inputTokens, detail(value["prompt_tokens_details"], "cached_tokens")),
    outputTokens,
    reasoningTokens: Math.min(outputTokens, detail(value["completion_tokens_details"], "reasoning_tokens")),
  };
}

/** A detail that a provider leaves out is none: the details are parts of totals that it does state. */
function detail(details: unknown, name: string): number {
  return isObject(details) ? (count(details[name]) ?? 0) : 0;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
