import type { FoldJob, FoldResult } from "./fit-fold.ts";
import type { TrainingData } from "./read-training-data.ts";
import type { FoldStore } from "./run-folds.ts";
import { fromStored, toStored } from "./stored-training-data.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** What an earlier run had done already. */
export interface Resumed {
  readonly prompts: boolean;
  readonly folds: readonly number[];
}

/** The parts of a training run that are kept: the prompts that were read, and each fold. */
export interface TrainingWork {
  /** The data of an earlier run, or those that `read` reads, which are then kept. */
  readData(read: () => Promise<TrainingData>): Promise<TrainingData>;
  readonly folds: FoldStore;
  resumed(): Resumed;
}

/** `dataMadeOf` is all that the training data depend on. */
export function createTrainingWork(directory: WorkDirectory, dataMadeOf: unknown): TrainingWork {
  let hasPrompts = false;
  const folds: number[] = [];
  // Features are the data's; all else that a fold depends on is in its job.
  const foldMadeOf = (job: FoldJob): unknown => ({ dataMadeOf, job: { ...job, features: undefined } });
  const foldName = ({ fold }: FoldJob): string => `fold-${fold + 1}`;
  return {
    async readData(read) {
      const stored = await directory.restore("prompts", dataMadeOf);
      if (stored !== undefined) {
        hasPrompts = true;
        return fromStored(stored);
      }
      const data = await read();
      await directory.keep("prompts", dataMadeOf, toStored(data));
      return data;
    },
    folds: {
      async restore(job) {
        const stored = await directory.restore(foldName(job), foldMadeOf(job));
        if (stored !== undefined) folds.push(job.fold);
        return stored as FoldResult | undefined;
      },
      keep: (job, result) => directory.keep(foldName(job), foldMadeOf(job), result),
    },
    resumed: () => ({ prompts: hasPrompts, folds: folds.toSorted((a, b) => a - b) }),
  };
}
