import { basename } from "node:path";
import { badData, badRow } from "../data/bad-data.ts";
import { needColumn, needText, textOr, toNumber, toScore } from "./cells.ts";
import type { ImportedRow, Importer } from "./importer.ts";
import { readRecords } from "./read-records.ts";

/** The judge's scale of gpt4_dataset. */
const lowestMark = 1;
const highestMark = 5;
const markedCandidate = "mixtral-8x7b-instruct-v0.1";

/**
 * RouteLLM (arXiv 2406.18665). Two kinds of file, told apart by their columns: the answers of its evaluations
 * (routellm/evals/{mmlu/responses,gsm8k} of github.com/lm-sys/RouteLLM: `prompt` and a True/False column per model, read by
 * its benchmarks.py), and huggingface.co/datasets/routellm/gpt4_dataset (`prompt`, `source`, `mixtral_score` from 1 to 5, as
 * its README and anyscale's llm-router tutorial have it).
 */
export const routeLlm: Importer = {
  name: "routellm",
  describe: "RouteLLM's MMLU and GSM8K answers (CSV), and gpt4_dataset with a judge's marks",
  async *read(files, log) {
    for (const file of files) {
      let candidates: readonly string[] | undefined;
      for await (const { number: row, values } of readRecords(file)) {
        log.read(file);
        if (row === 1 && "mixtral_score" in values) log.note(marksNote);
        if ("mixtral_score" in values) {
          const marked = toMarkedRow({ file, row, values });
          if (marked === undefined) log.drop("an answer without a score");
          else yield marked;
          continue;
        }
        const prompt = needText(values, { file, row, name: needColumn(file, values, ["prompt"]) });
        candidates ??= candidatesOf(file, values);
        const scores: Record<string, number> = {};
        for (const name of candidates) {
          const score = toScore(values[name], { file, row, name });
          if (score === undefined) log.drop("an answer without a score");
          else scores[name] = score;
        }
        yield { id: "", source: sourceOf(file), prompt, scores, file, row };
      }
    }
  },
};

const marksNote = `gpt4_dataset marks ${markedCandidate} only, against gpt-4's answer as the model answer: it says how good the weak candidate is, and gives the strong one no label`;

/** A mark m from 1 to 5 becomes (m - 1) / 4. */
function toMarkedRow({
  file,
  row,
  values,
}: Pick<ImportedRow, "file" | "row"> & {
  readonly values: Record<string, unknown>;
}): ImportedRow | undefined {
  const prompt = needText(values, { file, row, name: needColumn(file, values, ["prompt"]) });
  const mark = toNumber(values["mixtral_score"], { file, row, name: "mixtral_score" });
  if (mark === undefined) return undefined;
  if (mark < lowestMark || mark > highestMark) {
    throw badRow(
      file,
      row,
      `"mixtral_score" is ${mark}, but must be between ${lowestMark} and ${highestMark}`,
    );
  }
  const score = (mark - lowestMark) / (highestMark - lowestMark);
  const source = textOr(values, "source") || "gpt4_dataset";
  return { id: "", source, prompt, scores: { [markedCandidate]: score }, file, row };
}

/** The candidates are the columns that say True or False. */
function candidatesOf(file: string, values: Record<string, unknown>): readonly string[] {
  const found = Object.keys(values).filter((name) => /^(true|false)$/i.test(String(values[name])));
  if (found.length > 0) return found;
  throw badData(
    file,
    0,
    `has no column of True and False, as RouteLLM's answers have for each model, and no mixtral_score; its columns are ${Object.keys(values).join(", ")}`,
  );
}

/** `mmlu_anatomy.csv` is of mmlu/anatomy. */
function sourceOf(file: string): string {
  const name = basename(file).replace(/\.[a-z.]+$/, "");
  if (name.startsWith("mmlu_")) return `mmlu/${name.slice("mmlu_".length)}`;
  return name.replace(/_responses$/, "");
}
