import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { badData, badRow } from "../data/bad-data.ts";
import { isRecord, promptOf, textOr, toNumber, toScore } from "./cells.ts";
import { createGathering } from "./gathering.ts";
import type { Importer, ImportLog } from "./importer.ts";
import { readJsonFile } from "./read-json-file.ts";

/** The statistics of HELM that say from 0 to 1 how good an answer is; a run's first of these is its score. */
const metrics = [
  "exact_match",
  "quasi_exact_match",
  "prefix_exact_match",
  "quasi_prefix_exact_match",
  "chain_of_thought_correctness",
  "math_equiv_chain_of_thought",
  "math_equiv",
  "ifeval_strict_accuracy",
  "f1_score",
];
const tokenStatistics = ["num_output_tokens", "num_completion_tokens"];

/**
 * Runs of HELM. Documented by the section "Raw results" of crfm-helm.readthedocs.io and by adaptation/scenario_state.py and
 * metrics/metric.py of github.com/stanford-crfm/helm: `scenario_state.json` with `adapter_spec.model` and `request_states`
 * (`instance.id`, `instance.input.text`), and `per_instance_stats.json` with `instance_id`, `train_trial_index`,
 * `perturbation` and `stats` (`name.name`, `mean`).
 */
export const helm: Importer = {
  name: "helm",
  describe: "run folders of HELM, with scenario_state.json and per_instance_stats.json",
  async *read(files, log) {
    const gathering = createGathering(log);
    for (const folder of await runFolders(files)) {
      const { candidate, prompts } = await readState(join(folder, "scenario_state.json"));
      const source = scenarioOf(folder);
      const file = join(folder, "per_instance_stats.json");
      for (const { row, instance, score, outputTokens } of await readScores(file, log)) {
        const prompt = prompts.get(instance);
        if (prompt === undefined || prompt.trim() === "") log.drop("an instance without a text");
        else {
          const id = `${source}/${instance}`;
          gathering.add({ id, source, prompt, candidate, score, outputTokens, file, row });
        }
      }
    }
    yield* gathering.rows();
  },
};

/** A run is given as its folder, or as either of its files. */
async function runFolders(files: readonly string[]): Promise<readonly string[]> {
  const folders = await Promise.all(
    files.map(async (file) => {
      const entry = await stat(file).catch((error: unknown) => {
        throw badData(file, 0, "does not exist", error);
      });
      return entry.isDirectory() ? file : dirname(file);
    }),
  );
  return [...new Set(folders)];
}

/** `mmlu:subject=anatomy,model=openai_gpt-4` is of the scenario `mmlu:subject=anatomy`, whichever model answered. */
function scenarioOf(folder: string): string {
  return basename(folder)
    .replaceAll(/(^|[,:])model(_deployment)?=[^,]*/g, (_, before: string) => (before === ":" ? ":" : ""))
    .replace(":,", ":")
    .replace(/[:,]$/, "");
}

async function readState(
  file: string,
): Promise<{ readonly candidate: string; readonly prompts: ReadonlyMap<string, string> }> {
  const state = await readJsonFile(file);
  const adapter = isRecord(state) ? state["adapter_spec"] : undefined;
  const requests = isRecord(state) ? state["request_states"] : undefined;
  const candidate = isRecord(adapter) ? textOr(adapter, "model") : "";
  if (candidate === "" || !Array.isArray(requests)) {
    throw badData(file, 0, 'has no "adapter_spec.model" with "request_states", as HELM writes');
  }
  const prompts = new Map<string, string>();
  for (const request of requests) {
    const instance: unknown = isRecord(request) ? request["instance"] : undefined;
    if (!isRecord(instance) || (instance["perturbation"] ?? null) !== null) continue;
    const input = instance["input"];
    const text = isRecord(input) ? textOr(input, "text") || promptOf(input["messages"]) : promptOf(input);
    const id = textOr(instance, "id");
    if (!prompts.has(id)) prompts.set(id, text);
  }
  return { candidate, prompts };
}

interface Scored {
  readonly row: number;
  readonly instance: string;
  readonly score: number;
  readonly outputTokens: number | undefined;
}

async function readScores(file: string, log: ImportLog): Promise<readonly Scored[]> {
  const records = await readJsonFile(file);
  if (!Array.isArray(records)) throw badData(file, 0, "is not a list, as HELM's per_instance_stats.json is");
  const scored: Scored[] = [];
  let metric: string | undefined;
  for (const [index, record] of records.entries()) {
    const row = index + 1;
    log.read(file);
    if (!isRecord(record)) throw badRow(file, row, "is not an object");
    if ((record["perturbation"] ?? null) !== null) {
      log.drop("an answer to a perturbed instance");
      continue;
    }
    if ((record["train_trial_index"] ?? 0) !== 0) {
      log.drop("an answer of another trial than the first");
      continue;
    }
    const means = meansOf(record["stats"]);
    metric ??= metrics.find((name) => means.has(name));
    if (metric === undefined) {
      const found = [...means.keys()].toSorted().join(", ");
      throw badRow(
        file,
        row,
        `has none of the statistics that are a score (${metrics.join(", ")}); it has ${found}`,
      );
    }
    const score = toScore(means.get(metric), { file, row, name: metric });
    const tokens = tokenStatistics.find((name) => means.has(name)) ?? "";
    const outputTokens = toNumber(means.get(tokens), { file, row, name: tokens });
    if (score === undefined) log.drop("an instance without a score");
    else scored.push({ row, instance: textOr(record, "instance_id"), score, outputTokens });
  }
  if (metric !== undefined) log.note(`${basename(dirname(file))}: the score is ${metric}`);
  return scored;
}

/** Statistics of the answer as it was asked for: those of a perturbed one have a name of their own. */
function meansOf(stats: unknown): ReadonlyMap<string, unknown> {
  const means = new Map<string, unknown>();
  for (const statistic of Array.isArray(stats) ? stats : []) {
    const name: unknown = isRecord(statistic) ? statistic["name"] : undefined;
    if (!isRecord(statistic) || !isRecord(name) || (name["perturbation"] ?? null) !== null) continue;
    means.set(textOr(name, "name"), statistic["mean"]);
  }
  return means;
}
