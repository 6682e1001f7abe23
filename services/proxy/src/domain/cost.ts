import type { TokenUsage } from "./usage.ts";

/** What a provider bills, in USD per million tokens. */
export interface TokenPrice {
  readonly inputUsdPerMtok: number;
  /** The input price when the provider has no other for input read from its cache. */
  readonly cachedInputUsdPerMtok?: number | undefined;
  readonly outputUsdPerMtok: number;
}

const tokensPerMtok = 1_000_000;

/** What these tokens cost at this price; undefined when either is unknown, since unknown is not zero. */
export function costUsd(usage: TokenUsage | undefined, price: TokenPrice | undefined): number | undefined {
  if (usage === undefined || price === undefined) return undefined;
  const uncached = (usage.inputTokens - usage.cachedInputTokens) * price.inputUsdPerMtok;
  const cached = usage.cachedInputTokens * (price.cachedInputUsdPerMtok ?? price.inputUsdPerMtok);
  const output = usage.outputTokens * price.outputUsdPerMtok;
  return (uncached + cached + output) / tokensPerMtok;
}

/** The sum, unknown as soon as one part is. */
export function totalUsd(parts: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    total += part;
  }
  return total;
}
