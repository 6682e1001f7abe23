import { badData, badRow } from "../data/bad-data.ts";
import { parseJson } from "../data/parse-json.ts";
import { readLines } from "../data/read-lines.ts";
import { isRecord, promptOf, textOr, toScore } from "./cells.ts";
import { createGathering } from "./gathering.ts";
import type { Importer } from "./importer.ts";

/** The metrics of a `metrics` event that are a sample's score, in order of preference. */
const scoreNames = ["correct", "accuracy", "score"];

interface Sample {
  prompt?: string;
  scores: number[];
  readonly row: number;
}

/**
 * Logs of OpenAI evals, one JSONL file per run. Documented by docs/run-evals.md and evals/record.py of
 * github.com/openai/evals: a line {"spec": {completion_fns, eval_name, ...}}, then events with `sample_id`, `type` and
 * `data`; `match` has {"correct"}, `metrics` numbers, `sampling` the {"prompt"} as text or chat messages.
 */
export const openAiEvals: Importer = {
  name: "openai-evals",
  describe: "logs of OpenAI evals (JSONL, one per run): match and metrics events become scores",
  async *read(files, log) {
    const gathering = createGathering(log);
    for (const file of files) {
      const { candidate, source, samples } = await readLog(file, () => log.read(file));
      for (const [id, { prompt, scores, row }] of samples) {
        if (prompt === undefined || prompt.trim() === "") log.drop("a sample without a sampling event");
        else if (scores.length === 0) log.drop("a sample without a score");
        else {
          const score = scores.reduce((sum, value) => sum + value, 0) / scores.length;
          gathering.add({ id, source, prompt, candidate, score, file, row });
        }
      }
    }
    yield* gathering.rows();
  },
};

async function readLog(
  file: string,
  onEvent: () => void,
): Promise<{
  readonly candidate: string;
  readonly source: string;
  readonly samples: ReadonlyMap<string, Sample>;
}> {
  const samples = new Map<string, Sample>();
  let spec: Record<string, unknown> | undefined;
  for await (const { number: row, text } of readLines(file)) {
    const event = parseJson(file, row, text);
    if (!isRecord(event)) throw badRow(file, row, "is not an object");
    if (isRecord(event["spec"])) spec = event["spec"];
    const id = event["sample_id"];
    if (typeof id !== "string") continue;
    onEvent();
    const sample = samples.get(id) ?? { scores: [], row };
    samples.set(id, sample);
    noteEvent(file, row, event, sample);
  }
  const functions = spec?.["completion_fns"] ?? spec?.["model_name"];
  const candidate = Array.isArray(functions) ? functions.join("+") : textOr({ functions }, "functions");
  if (spec === undefined || candidate === "") {
    throw badData(
      file,
      0,
      'has no line {"spec": {"completion_fns": […]}}, as a log of OpenAI evals begins with',
    );
  }
  return { candidate, source: textOr(spec, "base_eval") || textOr(spec, "eval_name"), samples };
}

/** The first sampling of a sample is the candidate's; a model that grades samples after it. */
function noteEvent(file: string, row: number, event: Record<string, unknown>, sample: Sample): void {
  const data = isRecord(event["data"]) ? event["data"] : {};
  if (event["type"] === "sampling") sample.prompt ??= promptOf(data["prompt"]);
  const names = event["type"] === "match" ? ["correct"] : event["type"] === "metrics" ? scoreNames : [];
  const name = names.find((wanted) => wanted in data);
  if (name === undefined) return;
  const score = toScore(data[name], { file, row, name });
  if (score !== undefined) sample.scores.push(score);
}
