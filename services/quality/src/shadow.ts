import { Comparison, type ComparedEstimate, type ComparisonSummary } from "./domain/comparison.ts";
import { recalibrate } from "./domain/recalibrate.ts";
import type { QualityEvents } from "./events.ts";
import type { LoadedBundle } from "./loaded-bundle.ts";

/** Prompts that wait to be compared; what is drawn beyond is dropped and counted. */
const maxPendingPrompts = 64;
/** The same of their text, which may be megabytes each. */
const maxPendingCharacters = 4_000_000;

/** A prompt that was answered. */
export interface AnsweredPrompt {
  readonly text: string;
  readonly embedding: Float32Array;
  readonly served: LoadedBundle;
  readonly estimates: readonly ComparedEstimate[];
}

export interface ShadowOptions {
  /** Share of the answered prompts that is compared, 0 to 1. */
  readonly share: number;
  /** Draws from [0, 1). */
  readonly random: () => number;
  /** The bundle to compare with at this moment. */
  readonly bundle: () => LoadedBundle | undefined;
  readonly events: QualityEvents;
}

export interface ShadowState extends ComparisonSummary {
  readonly served: string;
  readonly shadow: string;
  readonly startedAt: Date;
  readonly dropped: number;
}

export interface Shadow {
  /** Perhaps compares the prompt, later. Never waits, never throws. */
  offer(prompt: AnsweredPrompt): void;
  state(): ShadowState | undefined;
  close(): void;
}

interface Run {
  readonly served: string;
  readonly shadow: string;
  readonly startedAt: Date;
  readonly comparison: Comparison;
  dropped: number;
}

/** Compares a share of what is answered with another bundle's estimates: one prompt at a time, between requests. */
export function createShadow({ share, random, bundle, events }: ShadowOptions): Shadow {
  const pending: AnsweredPrompt[] = [];
  let pendingCharacters = 0;
  let next: NodeJS.Immediate | undefined;
  let run: Run | undefined;

  const runOf = (served: LoadedBundle, shadow: LoadedBundle): Run => {
    if (run?.served !== served.id || run.shadow !== shadow.id) {
      const startedAt = new Date();
      run = { served: served.id, shadow: shadow.id, startedAt, comparison: new Comparison(), dropped: 0 };
    }
    return run;
  };
  const compare = ({ text, embedding, served, estimates }: AnsweredPrompt): void => {
    const shadow = bundle();
    if (shadow?.encoder.id !== served.encoder.id) return;
    const candidates = estimates.map(({ candidate }) => candidate);
    const live = shadow.calibration();
    const others = shadow.predictor
      .predict({ text, embedding, candidates })
      .map((estimate) => recalibrate(estimate, live));
    const difference = runOf(served, shadow).comparison.add(estimates, others);
    if (difference) events.promptCompared(difference);
  };
  const compareNext = (): void => {
    next = undefined;
    const prompt = pending.shift();
    if (prompt === undefined) return;
    pendingCharacters -= prompt.text.length;
    if (pending.length > 0) next = setImmediate(compareNext);
    try {
      compare(prompt);
    } catch (error) {
      events.comparisonFailed(error);
    }
  };

  return {
    offer(prompt) {
      const shadow = bundle();
      if (shadow?.encoder.id !== prompt.served.encoder.id || random() >= share) return;
      const characters = pendingCharacters + prompt.text.length;
      if (pending.length >= maxPendingPrompts || characters > maxPendingCharacters) {
        runOf(prompt.served, shadow).dropped += 1;
        return events.comparisonDropped();
      }
      pending.push(prompt);
      pendingCharacters = characters;
      next ??= setImmediate(compareNext);
    },
    state() {
      if (run === undefined) return undefined;
      const { comparison, ...rest } = run;
      return { ...rest, ...comparison.summary() };
    },
    close() {
      if (next) clearImmediate(next);
      pending.length = 0;
    },
  };
}
