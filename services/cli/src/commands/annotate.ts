import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { Command, InvalidArgumentError } from "commander";
import type { AnnotateCommandOptions } from "../annotate/annotate-options.ts";
import { runAnnotate } from "../annotate/run-annotate.ts";
import { parseCount, parseNames } from "./options.ts";

/** Answers at once: more makes most providers ask for less. */
const maxConcurrency = 512;
export function annotateCommand(environment: Environment): Command {
  return new Command("annotate")
    .description(
      "Makes labelled prompts: asks the candidates, scores their answers, and writes what `ipr train` reads (docs/annotate.md).",
    )
    .option(
      "--prompts <file>",
      'prompts, .jsonl or .jsonl.gz: {"id", "prompt" | "messages", "source"?, "reference"?}',
    )
    .option("--candidates <names>", "whom to ask, separated by commas", parseNames)
    .option(
      "--judge <spec>",
      "rubric:MODEL, pairs:MODEL, reward:URL, exact, numeric[:TOLERANCE], choice, f1 or command",
    )
    .option(
      "--out <file>",
      "labelled prompts, .jsonl or .jsonl.gz; .meta.json and .journal.jsonl go beside it",
    )
    .option("--registry <file>", "candidates, endpoints and prices", shipped.registryFile)
    .option("--reference <candidate>", "whom `pairs` compares every answer with")
    .option("--rubric <file>", "criteria of `rubric` and `pairs`, instead of the built-in ones")
    .option(
      "--command <line>",
      "what tests an answer, for --judge command; the answer is on its standard input",
    )
    .option("--sandbox <words>", "what shuts the command in; {dir} becomes the directory with the answer")
    .option(
      "--unsafe-no-sandbox",
      "run the command without a sandbox: answers may do anything to this machine",
    )
    .option("--command-timeout-ms <n>", "how long one test may take", parseCount(1), 60_000)
    .option(
      "--reward-pointer <pointer>",
      "where in the reply the reward is, as a JSON pointer (default: /reward)",
    )
    .option("--reward-key-env <name>", "the variable with the reward endpoint's key")
    .option(
      "--reward-map <location,scale>",
      "map rewards by this logistic (default: fitted on the first 200)",
      parseMap,
    )
    .option("--concurrency <n>", "answers got and judged at once", parseConcurrency, 8)
    .option("--timeout-ms <n>", "how long one call may take", parseCount(1), 300_000)
    .option("--max-output-tokens <n>", "longest answer of a candidate", parseCount(1), 4_096)
    .option("--max-judge-output-tokens <n>", "longest reply of the judge", parseCount(1), 1_024)
    .option("--temperature <n>", "of the candidates (default: the provider's)", parseNumber)
    .option(
      "--max-usd <n>",
      "stop before the call that could pass this sum, earlier runs included",
      parseNumber,
    )
    .option("--allow-unknown-prices", "ask models without a price; what they cost is not limited")
    .option(
      "--allow-simulated",
      "label simulated answers too, as a rehearsal that costs nothing; the judge must be a metric, a command or a real model",
    )
    .option("--retry-failed", "ask again also what was refused or could not be judged")
    .option("--dry-run", "reckon calls and cost, and ask nothing")
    .option("--queue <url>", "work from a NATS JetStream queue (nats://…) until nothing is left in it")
    .option("--job <name>", "which queue there: one for each set of labels", "annotate")
    .option(
      "--ack-wait-ms <n>",
      "how long a worker may be silent before its task goes to another",
      parseCount(1_000),
      30_000,
    )
    .option("--enqueue", "with --queue: put the prompts into it, for workers")
    .option("--collect", "with --queue: write --out from what the workers have recorded so far")
    .option("--json", "print the summary as JSON")
    .addHelpText(
      "after",
      `
A run that ended, however it ended, goes on where it was when the same command is run again: nothing that was answered is asked twice.

Examples:
  ipr annotate --prompts prompts.jsonl --candidates small,large --judge rubric:judge --out labelled.jsonl --registry registry.yaml --max-usd 5
  ipr annotate --prompts problems.jsonl --candidates small,large --judge numeric --out labelled.jsonl --dry-run
  ipr annotate --prompts code.jsonl --candidates small,large --judge command --command 'python3 "$IPR_ANSWER_DIR/answer.txt"' --sandbox 'bwrap --ro-bind / / --tmpfs /tmp --bind {dir} {dir} --unshare-all --die-with-parent' --out labelled.jsonl`,
    )
    .action((options: AnnotateCommandOptions) => runAnnotate(options, environment));
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`must be a number of at least 0, not ${JSON.stringify(text)}`);
  return value;
}

function parseConcurrency(text: string): number {
  const value = parseCount(1)(text);
  if (value > maxConcurrency)
    throw new InvalidArgumentError(`must be at most ${maxConcurrency}, not ${text}`);
  return value;
}

function parseMap(text: string): { location: number; scale: number } {
  const [location = Number.NaN, scale = Number.NaN, ...more] = text.split(",").map(Number);
  if (!Number.isFinite(location) || !(scale > 0) || more.length > 0)
    throw new InvalidArgumentError(
      `must be two numbers, the second above 0, such as 0.5,2, not ${JSON.stringify(text)}`,
    );
  return { location, scale };
}
