/** Told how far a long command is: `done` of `total` in a stage. It must not throw. */
export type OnProgress = (progress: Progress) => void;

export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}
