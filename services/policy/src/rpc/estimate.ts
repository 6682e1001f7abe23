import { messageOf } from "@ipr/errors";
import type { Embedding, Estimator, Prediction } from "./estimator.ts";

export interface EstimateRequest {
  readonly text: string;
  readonly candidates: readonly string[];
  /** For both stages together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface StageTimings {
  readonly embedMs: number;
  readonly predictMs: number;
}

export type EstimateOutcome = StageTimings & (Estimated | NotEstimated);

interface Estimated {
  readonly kind: "estimated";
  readonly embedding: Embedding;
  readonly prediction: Prediction;
}

interface NotEstimated {
  readonly kind: "not_estimated";
  readonly stage: "embedding" | "quality";
  /** For a person. */
  readonly reason: string;
}

/** Asks both neighbours within one time limit. Never rejects: what went wrong is an outcome. */
export async function estimate(estimator: Estimator, request: EstimateRequest): Promise<EstimateOutcome> {
  const { text, candidates, timeoutMs, signal } = request;
  const startedAt = performance.now();
  let embedMs = 0;
  let stage: NotEstimated["stage"] = "embedding";
  try {
    if (text === "") throw new Error("there is no text to estimate by");
    const embedding = await estimator.embed(text, { timeoutMs, signal });
    embedMs = performance.now() - startedAt;
    stage = "quality";
    const restMs = timeoutMs - embedMs;
    if (restMs <= 0) throw new Error(`no time is left of ${timeoutMs} ms`);
    const prediction = await estimator.predict(
      { text, embedding, candidates },
      { timeoutMs: restMs, signal },
    );
    const predictMs = performance.now() - startedAt - embedMs;
    return { kind: "estimated", embedding, prediction, embedMs, predictMs };
  } catch (error) {
    const spentMs = performance.now() - startedAt;
    const timings =
      stage === "embedding" ? { embedMs: spentMs, predictMs: 0 } : { embedMs, predictMs: spentMs - embedMs };
    return { kind: "not_estimated", stage, reason: reasonOf(stage, error), ...timings };
  }
}

function reasonOf(stage: string, error: unknown): string {
  const message = messageOf(error);
  return message.startsWith(stage) ? message : `${stage}: ${message}`;
}
