import { type LabelledPrompt, type Split, splits } from "../data/labelled-prompt.ts";
import { type Column, createColumn, keepRows } from "./column.ts";

/** What is known of one candidate by row; NaN where it was not measured. */
export interface Labels {
  readonly scores: Float32Array;
  readonly outputTokens: Float32Array;
}

/** The prompts that are trained on, as columns: without their texts, a million of them fit into memory. */
export interface TrainingSet {
  readonly rows: number;
  readonly labels: ReadonlyMap<string, Labels>;
  /** Each source once, and which one a row is of. */
  readonly sources: readonly string[];
  readonly sourceOf: Uint32Array;
  /** Which of `splits` a row is of. */
  readonly splitOf: Uint8Array;
  /** Length of the whole prompt: what a candidate would read. */
  readonly characters: Uint32Array;
  /** Digests of the texts as they are encoded. */
  readonly digests: BigUint64Array;
  /** The same for texts that differ only in case and white space. */
  readonly promptKeys: BigUint64Array;
  /** The fold of a row is this modulo the number of folds. */
  readonly foldHashes: Uint32Array;
}

/** A training set that is being read. */
export interface TrainingSetBuilder {
  readonly rows: number;
  /** Adds a row, whose text is read elsewhere, and returns its number. */
  add(prompt: LabelledPrompt, digest: bigint): number;
  /** Adds labels to a row; the name of a candidate that has another score there, if any. */
  label(row: number, prompt: Pick<LabelledPrompt, "scores" | "outputTokens">): string | undefined;
  digestOf(row: number): bigint;
  splitOf(row: number): Split;
  /** What was read of the texts of some rows, in any order. */
  setKeys(
    from: number,
    keys: { readonly promptKeys: BigUint64Array; readonly foldHashes: Uint32Array },
  ): void;
  finish(): TrainingSet;
}

interface LabelColumns {
  readonly scores: Column<Float32Array>;
  readonly outputTokens: Column<Float32Array>;
}

/** Columns grow by this many rows at a time: a view of every column for every row would cost more than the row. */
const growthRows = 4096;

export function createTrainingSetBuilder(): TrainingSetBuilder {
  const labels = new Map<string, LabelColumns>();
  const sources = new Map<string, number>();
  const sourceOf = createColumn(Uint32Array);
  const splitOf = createColumn(Uint8Array);
  const characters = createColumn(Uint32Array);
  const digests = createColumn(BigUint64Array);
  const promptKeys = createColumn(BigUint64Array);
  const foldHashes = createColumn(Uint32Array);
  let rows = 0;
  const perRow = [sourceOf, splitOf, characters, digests, promptKeys, foldHashes];

  const columnsOf = (name: string): LabelColumns => {
    const known = labels.get(name);
    if (known !== undefined) return known;
    const columns = { scores: createColumn(Float32Array), outputTokens: createColumn(Float32Array) };
    labels.set(name, columns);
    return columns;
  };
  const label: TrainingSetBuilder["label"] = (row, { scores, outputTokens }) => {
    for (const [name, score] of Object.entries(scores)) {
      const known = columnsOf(name).scores.values[row];
      if (known !== undefined && !Number.isNaN(known) && known !== Math.fround(score)) return name;
    }
    for (const [name, score] of Object.entries(scores)) setAt(columnsOf(name).scores, row, score);
    for (const [name, tokens] of Object.entries(outputTokens))
      setAt(columnsOf(name).outputTokens, row, tokens);
    return undefined;
  };

  return {
    get rows() {
      return rows;
    },
    add(prompt, digest) {
      const row = rows++;
      if (row >= sourceOf.length) for (const column of perRow) column.resize(row + growthRows);
      const source = sources.get(prompt.source) ?? sources.size;
      sources.set(prompt.source, source);
      sourceOf.values[row] = source;
      splitOf.values[row] = splits.indexOf(prompt.split);
      characters.values[row] = prompt.characters;
      digests.values[row] = digest;
      label(row, prompt);
      return row;
    },
    label,
    digestOf: (row) => digests.values[row]!,
    splitOf: (row) => splits[splitOf.values[row]!]!,
    setKeys(from, keys) {
      promptKeys.values.set(keys.promptKeys, from);
      foldHashes.values.set(keys.foldHashes, from);
    },
    finish() {
      for (const column of perRow) column.resize(rows);
      for (const { scores, outputTokens } of labels.values()) {
        extend(scores, rows);
        extend(outputTokens, rows);
      }
      return {
        rows,
        labels: new Map(
          [...labels].map(([name, { scores, outputTokens }]) => [
            name,
            { scores: scores.values, outputTokens: outputTokens.values },
          ]),
        ),
        sources: [...sources.keys()],
        sourceOf: sourceOf.values,
        splitOf: splitOf.values,
        characters: characters.values,
        digests: digests.values,
        promptKeys: promptKeys.values,
        foldHashes: foldHashes.values,
      };
    },
  };
}

/** The set with only the rows `kept`, which ascend. The memory is reused: the set given is of no use any more. */
export function keepRowsOfSet(set: TrainingSet, kept: Uint32Array): TrainingSet {
  const keep = <A extends Parameters<typeof keepRows>[0]>(values: A): A => {
    keepRows(values, kept);
    return values.subarray(0, kept.length) as A;
  };
  const labels = [...set.labels].map(
    ([name, { scores, outputTokens }]) =>
      [name, { scores: keep(scores), outputTokens: keep(outputTokens) }] as const,
  );
  return {
    rows: kept.length,
    labels: new Map(labels),
    sources: set.sources,
    sourceOf: keep(set.sourceOf),
    splitOf: keep(set.splitOf),
    characters: keep(set.characters),
    digests: keep(set.digests),
    promptKeys: keep(set.promptKeys),
    foldHashes: keep(set.foldHashes),
  };
}

/** How many rows have the candidate's score. */
export function countLabels(labels: Labels | undefined): number {
  let count = 0;
  for (const score of labels?.scores ?? []) if (!Number.isNaN(score)) count++;
  return count;
}

function setAt(column: Column<Float32Array>, row: number, value: number): void {
  if (row >= column.length) extend(column, row + growthRows);
  column.values[row] = value;
}

/** Makes a column of labels longer: what was not measured is unknown, not zero. */
function extend(column: Column<Float32Array>, length: number): void {
  const before = column.length;
  column.resize(length);
  if (length > before) column.values.fill(Number.NaN, before);
}
