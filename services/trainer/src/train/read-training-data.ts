import type { OpenOptions } from "@ipr/encoders";
import { type Encoder, promptDigest } from "@ipr/estimator";
import { badData } from "../data/bad-data.ts";
import { maxRows } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { readLabelledPrompts } from "../data/read-labelled-prompts.ts";
import type { OnProgress } from "../progress.ts";
import { createDigestIndex, textKey } from "./digest-index.ts";
import { createExtractionPool, extractHere, type ExtractionPool } from "./extraction-pool.ts";
import type { ExtractedBatch } from "./extract-batch.ts";
import { createFeatureTableBuilder, type FeatureTable, keepRowsOfTable } from "./feature-table.ts";
import { promptKey, selectCandidates } from "./rows.ts";
import { createTrainingSetBuilder, keepRowsOfSet, type TrainingSet } from "./training-set.ts";

export interface TrainingEncoder {
  readonly directory: string;
  readonly dimension: number;
  /** Where the API key of a remote encoder is looked up. */
  readonly environment?: OpenOptions["environment"];
}

export interface ReadOptions {
  readonly files: readonly string[];
  /** The candidates to read labels of; all when absent. */
  readonly candidates: readonly string[] | undefined;
  /** An encoder to open, or one that is open; without it features are left out, which is enough to judge the data. */
  readonly encoder: TrainingEncoder | Encoder | undefined;
  /** Draws the folds. */
  readonly seed: number;
  /** How many rows there are to read, where that is known; for the progress. */
  readonly expectedRows?: number | undefined;
}

/** All that training reads of its data. */
export interface TrainingData {
  readonly candidates: readonly string[];
  /** Rows of train and val, but for those that share a prompt with a test row. */
  readonly development: TrainingSet;
  /** Of the same rows; the surface numbers as they were read. */
  readonly features: FeatureTable;
  readonly test: readonly LabelledPrompt[];
  readonly counts: ReadCounts;
}

export interface ReadCounts {
  /** Rows of the files. */
  readonly read: number;
  /** Rows that have the id of an earlier one, whose labels they add to. */
  readonly joined: number;
  /** Rows without a label of the candidates. */
  readonly unlabelled: number;
  /**
   * Rows of train and val left out because a test row has the same prompt: joined data sets share prompts (GSM8K is in
   * several), and its labels would tell how hard the test prompt is.
   */
  readonly dropped: number;
}

/** How many prompts go to a worker at once. */
const batchRows = 256;

/**
 * Reads labelled prompts as columns. Texts are read by workers while the next rows are parsed, and are not kept but for
 * those of test rows. Rows of the same id are one prompt with all its labels.
 */
export async function readTrainingData(options: ReadOptions, onProgress: OnProgress): Promise<TrainingData> {
  await using pool = poolFor(options.encoder);
  const reader = createReader(options, pool);
  const { expectedRows = 0 } = options;
  const total = (read: number): number => (expectedRows === 0 ? 0 : Math.max(expectedRows, read));
  for (const file of options.files) {
    const before = reader.read();
    for await (const row of readLabelledPrompts(file)) {
      const full = reader.take(file, row);
      const read = reader.read();
      if (read % batchRows === 0) onProgress({ stage: "read prompts", done: read, total: total(read) });
      if (full) await reader.makeRoom();
    }
    if (reader.read() === before) throw badData(file, 0, "has no rows");
  }
  const data = await reader.finish();
  onProgress({ stage: "read prompts", done: reader.read(), total: reader.read() });
  return data;
}

function poolFor(encoder: ReadOptions["encoder"]): ExtractionPool {
  if (encoder !== undefined && "encode" in encoder) return extractHere(encoder);
  return createExtractionPool({ encoder: encoder?.directory, environment: encoder?.environment });
}

interface Reader {
  read(): number;
  /** Takes a row; true when it is time to `makeRoom`. */
  take(file: string, row: LabelledPrompt): boolean;
  makeRoom(): Promise<void>;
  finish(): Promise<TrainingData>;
}

function createReader({ candidates: wanted, encoder, seed }: ReadOptions, pool: ExtractionPool): Reader {
  const builder = createTrainingSetBuilder();
  const table = createFeatureTableBuilder(encoder?.dimension ?? 0);
  const test: LabelledPrompt[] = [];
  /** The number of a development row, or of a test row after all that could be. */
  const ids = createDigestIndex();
  const labelled = new Set<string>();
  const keep = wanted && new Set(wanted);
  let [read, joined, unlabelled, extracted] = [0, 0, 0, 0];
  let batch: string[] = [];
  const pending: Promise<ExtractedBatch>[] = [];

  const send = (): void => {
    const answer = pool.extract({ texts: batch, seed });
    // Waited for in order: one that fails earlier must not count as unhandled meanwhile.
    answer.catch(() => {});
    pending.push(answer);
    batch = [];
  };
  const store = (answer: ExtractedBatch): void => {
    table.append(answer);
    builder.setKeys(extracted, answer);
    extracted += answer.rows;
  };
  const join = (file: string, number: number, row: LabelledPrompt): void => {
    joined++;
    const testRow = number >= maxRows ? test[number - maxRows] : undefined;
    const isSame =
      testRow === undefined
        ? builder.splitOf(number) === row.split && builder.digestOf(number) === promptDigest(row.text)
        : testRow.split === row.split && testRow.text === row.text;
    if (!isSame) {
      const problem = `has a row "${row.id}" whose prompt or split differs from an earlier row of the same id`;
      throw badData(file, 0, problem);
    }
    const clash = testRow === undefined ? builder.label(number, row) : clashOf(testRow, row);
    if (clash !== undefined) {
      const problem = `has another score for ${clash} in row "${row.id}" than an earlier row of the same id`;
      throw badData(file, 0, problem);
    }
    if (testRow !== undefined) test[number - maxRows] = joinLabels(testRow, row);
  };

  return {
    read: () => read,
    take(file, whole) {
      read++;
      for (const name in whole.scores) labelled.add(name);
      const row = keep === undefined ? whole : onlyLabelsOf(whole, keep);
      const isTest = row.split === "test";
      if (Object.keys(row.scores).length === 0) {
        unlabelled++;
        return false;
      }
      const next = isTest ? maxRows + test.length : builder.rows;
      const number = ids.firstOf(textKey(row.id), next);
      if (number !== next) {
        join(file, number, row);
        return false;
      }
      if (ids.size > maxRows)
        throw badData(file, 0, `brings the data over ${maxRows} rows; give fewer files`);
      if (isTest) {
        test.push(row);
        return false;
      }
      builder.add(row, promptDigest(row.text));
      batch.push(row.text);
      if (batch.length === batchRows) send();
      return pending.length >= pool.maxPendingBatches;
    },
    async makeRoom() {
      store(await pending.shift()!);
    },
    async finish() {
      if (batch.length > 0) send();
      for (const answer of pending) store(await answer);
      const candidates = selectCandidates(labelled, wanted);
      const set = builder.finish();
      const kept = rowsUnlike(test, set);
      const dropped = set.rows - kept.length;
      return {
        candidates,
        development: dropped === 0 ? set : keepRowsOfSet(set, kept),
        features: dropped === 0 ? table.finish() : keepRowsOfTable(table.finish(), kept),
        test,
        counts: { read, joined, unlabelled, dropped },
      };
    },
  };
}

/** The rows whose prompt no test row has. */
function rowsUnlike(test: readonly LabelledPrompt[], { rows, promptKeys }: TrainingSet): Uint32Array {
  const tested = createDigestIndex();
  for (const { text } of test) tested.firstOf(textKey(promptKey(text)), 0);
  const kept = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (tested.find(promptKeys[row]!) === undefined) kept[count++] = row;
  }
  return kept.subarray(0, count);
}

function onlyLabelsOf(row: LabelledPrompt, names: ReadonlySet<string>): LabelledPrompt {
  const only = (values: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
  return { ...row, scores: only(row.scores), outputTokens: only(row.outputTokens) };
}

function clashOf(known: LabelledPrompt, row: LabelledPrompt): string | undefined {
  return Object.keys(row.scores).find(
    (name) => known.scores[name] !== undefined && known.scores[name] !== row.scores[name],
  );
}

function joinLabels(known: LabelledPrompt, row: LabelledPrompt): LabelledPrompt {
  return {
    ...known,
    scores: { ...known.scores, ...row.scores },
    outputTokens: { ...known.outputTokens, ...row.outputTokens },
  };
}
