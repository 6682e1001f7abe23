import { badData } from "../data/bad-data.ts";
import { findColumn, needColumn, needText, textOr, toScore } from "./cells.ts";
import type { Importer } from "./importer.ts";
import { readRecords } from "./read-records.ts";

/** What stands after a candidate's name in the columns beside its score. */
const costEnd = "|total_cost";
const responseEnd = "|model_response";

/**
 * RouterBench (arXiv 2403.12031), the wide table of huggingface.co/datasets/withmartian/routerbench. Documented by
 * convertors/ and evaluate_utils.py of github.com/withmartian/routerbench: `sample_id`, `prompt`, `eval_name`, and for each
 * model a score column with the model's name, `<model>|model_response` and `<model>|total_cost`.
 */
export const routerBench: Importer = {
  name: "routerbench",
  describe: "RouterBench's wide table as Parquet, CSV or JSON (its pickle must be converted first)",
  async *read(files, log) {
    log.note("RouterBench gives the cost of each answer but not its tokens: no price can be told");
    for (const file of files) {
      let candidates: readonly string[] | undefined;
      for await (const { number: row, values } of readRecords(file, isRead)) {
        log.read(file);
        candidates ??= candidatesOf(file, Object.keys(values));
        const scores: Record<string, number> = {};
        for (const name of candidates) {
          const score = toScore(values[name], { file, row, name });
          if (score === undefined) log.drop("an answer without a score");
          else scores[name] = score;
        }
        yield {
          id: needText(values, { file, row, name: needColumn(file, values, ["sample_id"]) }),
          source: textOr(values, findColumn(values, ["eval_name"])),
          prompt: needText(values, { file, row, name: needColumn(file, values, ["prompt"]) }),
          scores,
          file,
          row,
        };
      }
    }
  },
};

/** Answers are most of the data, and none of it is needed beside the costs. */
function isRead(column: string): boolean {
  return !column.endsWith(responseEnd);
}

function candidatesOf(file: string, columns: readonly string[]): readonly string[] {
  const names = new Set(columns);
  const found = columns.filter((name) => names.has(name + costEnd));
  if (found.length > 0) return found;
  throw badData(
    file,
    0,
    `has no score columns: RouterBench has for each model a column <model> beside <model>|total_cost; the columns are ${columns.slice(0, 20).join(", ")}`,
  );
}
