import { badRow } from "../data/bad-data.ts";
import { findColumn, isRecord, needColumn, needText, textOr, toNumber, toScore } from "./cells.ts";
import type { Importer } from "./importer.ts";
import { readRecords } from "./read-records.ts";

/**
 * SPROUT of CARROT (arXiv 2502.03261), huggingface.co/datasets/CARROT-LLM-Routing/SPROUT. Documented by
 * carrot/gen_sprout.py of github.com/somerstep/CARROT: `prompt`, and for each model a column with its name holding
 * {response, score, num_input_tokens, num_output_tokens}.
 */
export const sprout: Importer = {
  name: "sprout",
  describe: "SPROUT of CARROT, the Parquet files of its Hugging Face repository",
  async *read(files, log) {
    for (const file of files) {
      for await (const { number: row, values } of readRecords(file)) {
        log.read(file);
        const scores: Record<string, number> = {};
        const outputTokens: Record<string, number> = {};
        for (const [candidate, answer] of Object.entries(values)) {
          if (!isRecord(answer) || !("score" in answer)) continue;
          const score = toScore(answer["score"], { file, row, name: `${candidate}.score` });
          if (score === undefined) {
            log.drop("an answer without a score");
            continue;
          }
          scores[candidate] = score;
          const name = "num_output_tokens";
          const tokens = toNumber(answer[name], { file, row, name: `${candidate}.${name}` });
          if (tokens !== undefined) outputTokens[candidate] = tokens;
        }
        if (row === 1 && Object.keys(scores).length === 0) {
          const columns = Object.keys(values).join(", ");
          throw badRow(
            file,
            row,
            `has no model's column with {score, num_output_tokens}; the columns are ${columns}`,
          );
        }
        const prompt = needText(values, { file, row, name: needColumn(file, values, ["prompt"]) });
        const id = textOr(values, findColumn(values, ["key", "id"]));
        const source = textOr(values, findColumn(values, ["dataset", "source"]));
        yield { id, source, prompt, scores, outputTokens, file, row };
      }
    }
  },
};
