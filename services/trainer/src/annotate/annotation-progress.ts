import type { CallWatcher } from "./asking/asker.ts";

/** How far an annotation is. */
export interface AnnotationProgress {
  /** Answers (of one candidate to one prompt) that are scored or have failed, of all; 0 of a worker's, who cannot know. */
  readonly done: number;
  readonly total: number;
  /** Calls of this run, and how many of them failed (each retry counts). */
  readonly calls: number;
  readonly failedCalls: number;
  /** What is spent so far, earlier runs included. */
  readonly spentUsd: number;
  /** How long the rest will take if it goes on like this; undefined while nobody can say. */
  readonly remainingMs: number | undefined;
}

export type OnAnnotationProgress = (progress: AnnotationProgress) => void;

/** Counts what happens and tells the listener, who must not throw. */
export class ProgressTeller implements CallWatcher {
  readonly #options: {
    readonly total: number;
    readonly spentUsd: () => number;
    readonly now: () => number;
    readonly listener: OnAnnotationProgress;
  };
  readonly #startedAt: number;
  #done = 0;
  #worked = 0;
  #calls = 0;
  #failedCalls = 0;

  constructor(options: {
    readonly total: number;
    readonly spentUsd: () => number;
    readonly now: () => number;
    readonly listener: OnAnnotationProgress;
  }) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  called({ failed }: Parameters<CallWatcher["called"]>[0]): void {
    this.#calls++;
    if (failed) this.#failedCalls++;
    this.#tell();
  }

  /** An answer is dealt with; one that an earlier run dealt with says nothing about the pace. */
  finished(options: { readonly wasKnown: boolean }): void {
    this.#done++;
    if (!options.wasKnown) this.#worked++;
    this.#tell();
  }

  #tell(): void {
    const { total, spentUsd, now, listener } = this.#options;
    const elapsedMs = now() - this.#startedAt;
    const isKnown = this.#worked > 0 && total > 0;
    const remainingMs = !isKnown ? undefined : (elapsedMs / this.#worked) * (total - this.#done);
    listener({
      done: this.#done,
      total,
      calls: this.#calls,
      failedCalls: this.#failedCalls,
      spentUsd: spentUsd(),
      remainingMs,
    });
  }
}
