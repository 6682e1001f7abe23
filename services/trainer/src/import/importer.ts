import type { LabelledRow } from "../data/write-labelled-prompts.ts";

/** One public format. To add one: a file with an importer, a line in `importers.ts`, a section in `docs/import.md`. */
export interface Importer {
  readonly name: string;
  /** One line for `ipr import --list`: what the format is and which files it reads. */
  readonly describe: string;
  /** Streams labelled rows, scores in [0, 1]. Ids are the format's own; they get its name in front. */
  read(files: readonly string[], log: ImportLog): AsyncIterable<ImportedRow>;
}

export interface ImportedRow extends LabelledRow {
  readonly source: string;
  /** Where the row was found, for errors. Row 0: not one row of the file. */
  readonly file: string;
  readonly row: number;
}

export interface Price {
  readonly inputUsdPerMtok: number;
  readonly outputUsdPerMtok: number;
}

/** What an importer tells of beside its rows. */
export interface ImportLog {
  /** A record of the format was read. */
  read(file: string): void;
  /** A record, or one answer in it, gave no label. */
  drop(reason: string): void;
  /** Something a reader of the report should know. */
  note(text: string): void;
  /** A price the data holds exactly. */
  price(candidate: string, price: Price): void;
}
