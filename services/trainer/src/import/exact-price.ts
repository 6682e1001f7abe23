import type { Price } from "./importer.ts";

export interface PricedAnswer {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly costUsd: number | undefined;
}

const tokensPerMtok = 1_000_000;
/** Prices are quoted in such steps. */
const stepsPerUsd = 10_000;
/** What a cost written with six significant digits may be off by. */
const relativeTolerance = 1e-5;
const toleranceUsd = 1e-9;

/**
 * The price that explains every cost of a candidate, if there is exactly one: least squares over all answers, rounded to a
 * hundredth of a cent per million tokens, and then every cost must follow from it. Otherwise nothing is told: costs may
 * contain cached tokens, retries or a changed price.
 */
export function exactPrice(answers: readonly PricedAnswer[]): Price | undefined {
  const known = answers.flatMap(({ inputTokens, outputTokens, costUsd }) =>
    inputTokens === undefined || outputTokens === undefined || costUsd === undefined || costUsd === 0
      ? []
      : [{ input: inputTokens / tokensPerMtok, output: outputTokens / tokensPerMtok, cost: costUsd }],
  );
  const sum = (of: (answer: (typeof known)[number]) => number) =>
    known.reduce((total, answer) => total + of(answer), 0);
  const ii = sum(({ input }) => input * input);
  const io = sum(({ input, output }) => input * output);
  const oo = sum(({ output }) => output * output);
  const ic = sum(({ input, cost }) => input * cost);
  const oc = sum(({ output, cost }) => output * cost);
  const determinant = ii * oo - io * io;
  if (!(determinant > 1e-9 * ii * oo)) return undefined;
  const inputUsdPerMtok = toStep((ic * oo - oc * io) / determinant);
  const outputUsdPerMtok = toStep((oc * ii - ic * io) / determinant);
  const explains = known.every(({ input, output, cost }) => {
    const expected = input * inputUsdPerMtok + output * outputUsdPerMtok;
    return Math.abs(expected - cost) <= Math.max(toleranceUsd, relativeTolerance * cost);
  });
  return explains && inputUsdPerMtok >= 0 && outputUsdPerMtok >= 0
    ? { inputUsdPerMtok, outputUsdPerMtok }
    : undefined;
}

function toStep(usd: number): number {
  return Math.round(usd * stepsPerUsd) / stepsPerUsd;
}
