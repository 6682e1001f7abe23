import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { TrainingData } from "./read-training-data.ts";
import type { Labels } from "./training-set.ts";

/** Test rows are stored as texts of this many: all together may be longer than a text can be. */
const rowsPerText = 1000;

/** Training data as plain data with arrays, and back. */
interface StoredTrainingData extends Omit<TrainingData, "development" | "test"> {
  readonly development: Omit<TrainingData["development"], "labels"> & {
    readonly labels: readonly (Labels & { readonly name: string })[];
  };
  readonly test: readonly Uint8Array[];
}

export function toStored({ development, test, ...data }: TrainingData): StoredTrainingData {
  const labels = [...development.labels].map(([name, columns]) => ({ name, ...columns }));
  const texts = Array.from({ length: Math.ceil(test.length / rowsPerText) }, (_, i) =>
    new TextEncoder().encode(JSON.stringify(test.slice(i * rowsPerText, (i + 1) * rowsPerText))),
  );
  return { ...data, development: { ...development, labels }, test: texts };
}

export function fromStored(stored: unknown): TrainingData {
  const { development, test, ...data } = stored as StoredTrainingData;
  const labels = new Map(development.labels.map(({ name, ...columns }) => [name, columns]));
  return {
    ...data,
    development: { ...development, labels },
    test: test.flatMap((bytes) => JSON.parse(Buffer.from(bytes).toString("utf8")) as LabelledPrompt[]),
  };
}
