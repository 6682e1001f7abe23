import { basename, dirname } from "node:path";
import { badData, badRow } from "../data/bad-data.ts";
import { isRecord, textOr, toNumber, toScore } from "./cells.ts";
import { exactPrice, type PricedAnswer } from "./exact-price.ts";
import { createGathering } from "./gathering.ts";
import type { Importer } from "./importer.ts";
import { readJsonFile } from "./read-json-file.ts";

/**
 * LLMRouterBench. Documented by the section "Data Format" of the README of github.com/ynulihao/LLMRouterBench: a file
 * `bench/<dataset>/<split>/<model>/<time>.json` per run, with `records` of `index`, `origin_query`, `prompt`, `score`,
 * `prompt_tokens`, `completion_tokens` and `cost` in USD.
 */
export const llmRouterBench: Importer = {
  name: "llmrouterbench",
  describe: "LLMRouterBench's result files, bench/<dataset>/<split>/<model>/<time>.json",
  async *read(files, log) {
    const gathering = createGathering(log);
    const priced = new Map<string, PricedAnswer[]>();
    for (const file of files) {
      const { records, dataset, split, model } = await readRun(file);
      for (const [index, record] of records.entries()) {
        log.read(file);
        const row = index + 1;
        if (!isRecord(record)) throw badRow(file, row, "is not an object");
        const cell = (name: string) => toNumber(record[name], { file, row, name });
        const prompt = textOr(record, "origin_query") || textOr(record, "prompt");
        const score = toScore(record["score"], { file, row, name: "score" });
        if (prompt.trim() === "") throw badRow(file, row, 'has neither "origin_query" nor "prompt"');
        const outputTokens = cell("completion_tokens");
        const answer = { inputTokens: cell("prompt_tokens"), outputTokens, costUsd: cell("cost") };
        answersOf(priced, model).push(answer);
        if (score === undefined) {
          log.drop("an answer without a score");
          continue;
        }
        const id = `${dataset}/${split}/${textOr(record, "index") || row}`;
        gathering.add({ id, source: dataset, prompt, candidate: model, score, outputTokens, file, row });
      }
    }
    for (const [model, answers] of priced) {
      const price = exactPrice(answers);
      if (price !== undefined) log.price(model, price);
      else log.note(`${model}: its costs do not follow from its tokens exactly, so no price is told`);
    }
    yield* gathering.rows();
  },
};

interface Run {
  readonly records: readonly unknown[];
  readonly dataset: string;
  readonly split: string;
  readonly model: string;
}

/** What a run is of stands in its path, and in newer files also in the document. */
async function readRun(file: string): Promise<Run> {
  const run = await readJsonFile(file);
  const records = isRecord(run) ? run["records"] : undefined;
  if (!isRecord(run) || !Array.isArray(records)) {
    const found = isRecord(run) ? `the fields ${Object.keys(run).join(", ")}` : "no object";
    throw badData(file, 0, `has no list "records", as a result of LLMRouterBench has; it holds ${found}`);
  }
  const folders = [dirname(file), dirname(dirname(file)), dirname(dirname(dirname(file)))].map((folder) =>
    basename(folder),
  );
  const [model = "", split = "", dataset = ""] = folders;
  const named = {
    records,
    dataset: textOr(run, "dataset_name") || dataset,
    split: textOr(run, "split") || split,
    model: textOr(run, "model_name") || model,
  };
  if ([named.dataset, named.split, named.model].some((name) => name === "" || name === ".")) {
    throw badData(
      file,
      0,
      "must lie in bench/<dataset>/<split>/<model>/, which say what the run is of; give the path from there",
    );
  }
  return named;
}

function answersOf(priced: Map<string, PricedAnswer[]>, model: string): PricedAnswer[] {
  const known = priced.get(model);
  if (known !== undefined) return known;
  const fresh: PricedAnswer[] = [];
  priced.set(model, fresh);
  return fresh;
}
