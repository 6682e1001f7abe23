import { findColumn, needColumn, needText, textOr, toScore } from "./cells.ts";
import { createGathering } from "./gathering.ts";
import type { Importer } from "./importer.ts";
import { readRecords } from "./read-records.ts";

/**
 * EmbedLLM (arXiv 2410.02223), train.csv, val.csv and test.csv of huggingface.co/datasets/RZ412/EmbedLLM. Documented by
 * algorithm/knn.py of github.com/richardzhuang0412/EmbedLLM: a row per answer with `prompt_id`, `prompt`, `model_id` and
 * `label`; of repeated answers the best counts.
 */
export const embedLlm: Importer = {
  name: "embedllm",
  describe: "EmbedLLM's train.csv, val.csv and test.csv: one row per answer, right or wrong",
  async *read(files, log) {
    const gathering = createGathering(log, Math.max);
    for (const file of files) {
      for await (const { number: row, values } of readRecords(file)) {
        log.read(file);
        const name = needColumn(file, values, ["label", "correctness", "correct"]);
        const promptColumn = needColumn(file, values, ["prompt", "question"]);
        const candidateColumn = needColumn(file, values, ["model_name", "model_id"]);
        const prompt = needText(values, { file, row, name: promptColumn });
        const candidate = needText(values, { file, row, name: candidateColumn });
        const score = toScore(values[name], { file, row, name });
        if (score === undefined) {
          log.drop("an answer without a score");
          continue;
        }
        const id = textOr(values, findColumn(values, ["prompt_id", "question_id"])) || prompt;
        const source = textOr(values, findColumn(values, ["category", "category_id"]));
        gathering.add({ id, source, prompt, candidate, score, file, row });
      }
    }
    yield* gathering.rows();
  },
};
