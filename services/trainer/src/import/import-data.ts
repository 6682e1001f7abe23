import { createHash } from "node:crypto";
import { basename } from "node:path";
import { invalidField } from "@ipr/errors";
import { badData, badRow } from "../data/bad-data.ts";
import { maxRows } from "../data/join-data.ts";
import { splitOf } from "../data/labelled-prompt.ts";
import { assertIsDataFile } from "../data/read-labelled-prompts.ts";
import { type LabelledRow, writeLabelledPrompts } from "../data/write-labelled-prompts.ts";
import { writeWhole } from "../evaluate/write-whole.ts";
import type { OnProgress } from "../progress.ts";
import { promptKey } from "../train/rows.ts";
import type { ImportedRow, Importer, ImportLog, Price } from "./importer.ts";
import { importers } from "./importers.ts";

export interface ImportOptions {
  /** The name of a format. */
  readonly from: string;
  readonly files: readonly string[];
  /** `.jsonl`, `.jsonl.gz` or `.parquet`. */
  readonly out: string;
}

export interface ImportedCandidate {
  readonly name: string;
  readonly labels: number;
  readonly meanScore: number;
  readonly price?: Price;
}

export interface ImportReport {
  readonly from: string;
  readonly out: string;
  /** The file with the prices, where the data holds any. */
  readonly meta?: string;
  /** Records the format has, and prompts that were written. */
  readonly records: number;
  readonly prompts: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Prompts that equal an earlier one but for case and white space; they are kept. */
  readonly repeatedPrompts: number;
  readonly candidates: readonly ImportedCandidate[];
  readonly notes: readonly string[];
}

const recordsPerReport = 2_000;

/** Turns files of a public format into labelled prompts, and what prices they hold into `<out>.meta.json`. */
export async function importData(
  { from, files, out }: ImportOptions,
  onProgress: OnProgress = () => {},
): Promise<ImportReport> {
  const importer = importers.find(({ name }) => name === from);
  if (importer === undefined) {
    const known = importers.map(({ name }) => name).join(", ");
    throw invalidField("from", `${from} is not a format this imports; it imports ${known}`);
  }
  if (files.length === 0) throw invalidField("files", "must name at least one file");
  assertIsDataFile(out);
  const log = createLog(onProgress);
  const tally = createTally();
  const prompts = await writeLabelledPrompts(out, prepare(importer, files, log, tally));
  const meta = log.prices.size === 0 ? undefined : out.replace(/\.(jsonl(\.gz)?|parquet)$/, ".meta.json");
  if (meta !== undefined) await writeWhole(meta, metaText(importer.name, log.prices));
  return {
    from,
    out,
    ...(meta === undefined ? {} : { meta }),
    records: log.records(),
    prompts,
    dropped: Object.fromEntries(log.dropped),
    repeatedPrompts: tally.repeatedPrompts(),
    candidates: tally.candidates().map((candidate) => {
      const price = log.prices.get(candidate.name);
      return price === undefined ? candidate : { ...candidate, price };
    }),
    notes: [...log.notes],
  };
}

/** Gives rows their final id and split; drops what has no label and what is there already. */
async function* prepare(
  importer: Importer,
  files: readonly string[],
  log: Log,
  tally: Tally,
): AsyncGenerator<LabelledRow> {
  const known = new Set<string>();
  for await (const imported of importer.read(files, log)) {
    const { file, row, source, ...labelled } = imported;
    if (Object.keys(labelled.scores).length === 0) {
      log.drop("a prompt without any score");
      continue;
    }
    if (labelled.prompt.trim() === "") throw badRow(file, row, "has an empty prompt");
    const id = `${importer.name}/${labelled.id === "" ? digest(labelled.prompt) : labelled.id}`;
    if (known.has(id)) {
      log.drop("a prompt with the id of an earlier one");
      continue;
    }
    known.add(id);
    if (known.size > maxRows)
      throw badData(file, 0, `brings the data over ${maxRows} prompts; give fewer files`);
    tally.add(imported);
    yield { ...labelled, id, source, split: splitOf(id) };
  }
  if (known.size === 0) {
    const reasons = [...log.dropped].map(([reason, count]) => `${count} of ${reason}`).join("; ");
    throw badData(
      files[0] ?? "",
      0,
      `gives no labelled prompts${reasons === "" ? "" : `: dropped ${reasons}`}`,
    );
  }
}

/** The id of a prompt that has none, the same in every import. */
function digest(prompt: string): string {
  return createHash("sha256").update(prompt).digest("hex").slice(0, 16);
}

interface Log extends ImportLog {
  readonly dropped: ReadonlyMap<string, number>;
  readonly notes: ReadonlySet<string>;
  readonly prices: ReadonlyMap<string, Price>;
  records(): number;
}

function createLog(onProgress: OnProgress): Log {
  const dropped = new Map<string, number>();
  const notes = new Set<string>();
  const prices = new Map<string, Price>();
  let records = 0;
  return {
    dropped,
    notes,
    prices,
    records: () => records,
    read(file) {
      if (records++ % recordsPerReport === 0)
        onProgress({ stage: `reading ${basename(file)}`, done: records, total: 0 });
    },
    drop: (reason) => dropped.set(reason, (dropped.get(reason) ?? 0) + 1),
    note: (text) => notes.add(text),
    price: (candidate, price) => prices.set(candidate, price),
  };
}

interface Tally {
  add(row: ImportedRow): void;
  repeatedPrompts(): number;
  candidates(): readonly ImportedCandidate[];
}

function createTally(): Tally {
  const sums = new Map<string, { labels: number; sum: number }>();
  const prompts = new Set<string>();
  let repeated = 0;
  return {
    add({ prompt, scores }) {
      const key = digest(promptKey(prompt));
      if (prompts.has(key)) repeated++;
      prompts.add(key);
      for (const [name, score] of Object.entries(scores)) {
        const known = sums.get(name) ?? { labels: 0, sum: 0 };
        sums.set(name, { labels: known.labels + 1, sum: known.sum + score });
      }
    },
    repeatedPrompts: () => repeated,
    candidates: () =>
      [...sums]
        .map(([name, { labels, sum }]) => ({ name, labels, meanScore: sum / labels }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
  };
}

function metaText(format: string, prices: ReadonlyMap<string, Price>): string {
  const entries = [...prices].map(([name, { inputUsdPerMtok, outputUsdPerMtok }]) => [
    name,
    {
      input_per_1m_usd: inputUsdPerMtok,
      output_per_1m_usd: outputUsdPerMtok,
      source: `follows from the tokens and costs of ${format}`,
      as_of: "when the data was collected",
    },
  ]);
  return `${JSON.stringify({ prices: Object.fromEntries(entries) }, null, 1)}\n`;
}
