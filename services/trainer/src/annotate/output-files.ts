import { invalidField } from "@ipr/errors";

/** The three files of an annotation: rows, what is known about them, and the memory of what was asked. */
export interface OutputFiles {
  readonly rows: string;
  /** Where `ipr train` and `ipr evaluate` look for prices. */
  readonly meta: string;
  readonly journal: string;
}

export function outputFiles(out: string): OutputFiles {
  const stem = /^(.+)\.jsonl(?:\.gz)?$/.exec(out)?.[1];
  if (stem === undefined)
    throw invalidField(
      "--out",
      `is "${out}", but must end in .jsonl or .jsonl.gz: labelled prompts are JSON Lines`,
    );
  return { rows: out, meta: `${stem}.meta.json`, journal: `${stem}.journal.jsonl` };
}
