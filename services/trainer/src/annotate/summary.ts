import { type Calibration, calibrated } from "./scoring/calibration.ts";
import type { PromptResult } from "./results.ts";

/** More different reasons than this are not counted apart. */
const maxReasons = 50;

/** How one candidate did. */
export interface CandidateSummary {
  readonly candidate: string;
  readonly scored: number;
  readonly failed: number;
  /** Not yet asked or judged. */
  readonly open: number;
  /** Answers that reached the output limit: their scores are of half an answer. */
  readonly cut: number;
  readonly meanScore: number | undefined;
  readonly meanOutputTokens: number | undefined;
  /** What its answers cost, judging aside; undefined when a part is unknown. */
  readonly costUsd: number | undefined;
  /** Why there is no score, with how often. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Sums up a candidate's results as they pass by. */
export class SummaryBuilder {
  readonly #candidate: string;
  readonly #calibration: Calibration;
  readonly #failures = new Map<string, number>();
  #scored = 0;
  #failed = 0;
  #open = 0;
  #cut = 0;
  #scoreSum = 0;
  #answers = { count: 0, tokens: 0, costUsd: 0, withoutCost: 0 };

  constructor(candidate: string, calibration: Calibration) {
    this.#candidate = candidate;
    this.#calibration = calibration;
  }

  add({ answers }: PromptResult): void {
    const result = answers.find(({ candidate }) => candidate === this.#candidate);
    if (result === undefined) return;
    const { answer, raw, failure } = result;
    if (answer) {
      if (answer.isCut) this.#cut++;
      if (answer.outputTokens !== undefined) {
        this.#answers.count++;
        this.#answers.tokens += answer.outputTokens;
      }
      if (answer.costUsd === undefined) this.#answers.withoutCost++;
      else this.#answers.costUsd += answer.costUsd;
    }
    if (raw !== undefined) {
      this.#scored++;
      this.#scoreSum += calibrated(raw, this.#calibration);
    } else if (failure === undefined) {
      this.#open++;
    } else {
      this.#failed++;
      const reason = this.#failures.has(failure) || this.#failures.size < maxReasons ? failure : "other";
      this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    }
  }

  summary(): CandidateSummary {
    const { count, tokens, costUsd, withoutCost } = this.#answers;
    return {
      candidate: this.#candidate,
      scored: this.#scored,
      failed: this.#failed,
      open: this.#open,
      cut: this.#cut,
      meanScore: this.#scored === 0 ? undefined : this.#scoreSum / this.#scored,
      meanOutputTokens: count === 0 ? undefined : tokens / count,
      costUsd: withoutCost > 0 ? undefined : costUsd,
      failures: Object.fromEntries(this.#failures),
    };
  }
}
