import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { invalidField } from "@ipr/errors";
import { createNatsWorkQueue } from "@ipr/events";
import { readRegistry, resolveEndpoints } from "@ipr/registry";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import {
  annotate,
  type AnnotationOptions,
  type Answerer,
  collectAnnotation,
  enqueueAnnotation,
  estimateAnnotation,
  workAnnotation,
} from "@ipr/trainer";
import { Command, InvalidArgumentError } from "commander";
import { createProxyAnswerer } from "../annotate/proxy-answerer.ts";
import { annotationProgressPrinter } from "../output/annotation-progress.ts";
import {
  renderAnnotationEstimate,
  renderAnnotationReport,
  renderEnqueued,
  renderWorked,
} from "../output/annotation-report.ts";
import { parseCount, parseNames } from "./options.ts";

/** Answers at once: more makes most providers ask for less. */
const maxConcurrency = 512;
/** What a test command gets of this process's environment: enough to find programs, and never a key. */
const passedVariables = ["PATH", "HOME", "LANG", "TMPDIR"] as const;

interface AnnotateCommandOptions {
  readonly prompts?: string;
  readonly candidates?: string[];
  readonly judge?: string;
  readonly out?: string;
  readonly registry: string;
  readonly reference?: string;
  readonly rubric?: string;
  readonly command?: string;
  readonly sandbox?: string;
  readonly unsafeNoSandbox?: true;
  readonly commandTimeoutMs: number;
  readonly rewardPointer?: string;
  readonly rewardKeyEnv?: string;
  readonly rewardMap?: { readonly location: number; readonly scale: number };
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature?: number;
  readonly maxUsd?: number;
  readonly allowUnknownPrices?: true;
  readonly allowSimulated?: true;
  readonly retryFailed?: true;
  readonly dryRun?: true;
  readonly queue?: string;
  readonly job: string;
  readonly ackWaitMs: number;
  readonly enqueue?: true;
  readonly collect?: true;
  readonly json?: true;
}

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
    .option("--allow-simulated", "label simulated answers too, as a rehearsal")
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
A run that ended, however it ended, goes on where it was when the same command is run again: nothing is asked twice.

Examples:
  ipr annotate --prompts prompts.jsonl --candidates small,large --judge rubric:judge --out labelled.jsonl --registry registry.yaml --max-usd 5
  ipr annotate --prompts problems.jsonl --candidates small,large --judge numeric --out labelled.jsonl --dry-run
  ipr annotate --prompts code.jsonl --candidates small,large --judge command --command 'python3 "$IPR_ANSWER_DIR/answer.txt"' --sandbox 'bwrap --ro-bind / / --tmpfs /tmp --bind {dir} {dir} --unshare-all --die-with-parent' --out labelled.jsonl`,
    )
    .action(async (options: AnnotateCommandOptions) => {
      if (options.dryRun) await dryRun(options, environment);
      else if (options.queue === undefined) await run(options, environment);
      else await runWithQueue(options, options.queue, environment);
    });
}

async function dryRun(options: AnnotateCommandOptions, environment: Environment): Promise<void> {
  const prompts = needed(options.prompts, "--prompts");
  const estimate = await estimateAnnotation({ ...(await annotationOptions(options, environment)), prompts });
  process.stdout.write(
    options.json ? `${JSON.stringify(estimate, null, 2)}\n` : renderAnnotationEstimate(estimate),
  );
}

async function run(options: AnnotateCommandOptions, environment: Environment): Promise<void> {
  if (options.enqueue || options.collect)
    throw invalidField("--queue", "is needed by --enqueue and --collect");
  const prompts = needed(options.prompts, "--prompts");
  const out = needed(options.out, "--out");
  const planned = await annotationOptions(options, environment);
  await using answerer = answererOf(options, environment);
  const printer = annotationProgressPrinter(process.stderr, Date.now);
  const given = { ...planned, ...callOptions(options, answerer), prompts, out };
  print(await annotate(given, printer.report).finally(printer.end), renderAnnotationReport, options);
}

/** Enqueues, collects, or works. */
async function runWithQueue(
  options: AnnotateCommandOptions,
  url: string,
  environment: Environment,
): Promise<void> {
  const planned = await annotationOptions(options, environment);
  const { job, ackWaitMs } = options;
  await using queue = createNatsWorkQueue({ servers: [url], job, ackWaitMs, name: "ipr-annotate" });
  if (options.enqueue) {
    const prompts = needed(options.prompts, "--prompts");
    const report = await enqueueAnnotation({ ...planned, prompts, queue });
    print({ ...report, stopped: undefined }, renderEnqueued, options);
  } else if (options.collect) {
    const prompts = needed(options.prompts, "--prompts");
    const out = needed(options.out, "--out");
    const report = await collectAnnotation({ ...planned, prompts, out, queue, now: Date.now });
    print(report, renderAnnotationReport, options);
  } else {
    await using answerer = answererOf(options, environment);
    const printer = annotationProgressPrinter(process.stderr, Date.now);
    const given = { ...planned, ...callOptions(options, answerer), queue };
    print(await workAnnotation(given, printer.report).finally(printer.end), renderWorked, options);
  }
}

function answererOf({ timeoutMs }: AnnotateCommandOptions, environment: Environment) {
  return createProxyAnswerer({ environment, timeoutMs, now: Date.now, newId: randomUUID });
}

function callOptions({ concurrency, retryFailed }: AnnotateCommandOptions, answerer: Answerer) {
  return { answerer, concurrency, retryFailed, now: Date.now, random: Math.random };
}

/** Prints a report; one of a run that was stopped early is an error, too, since something is left to do. */
function print<T extends { readonly stopped: string | undefined }>(
  report: T,
  render: (report: T) => string,
  { json }: AnnotateCommandOptions,
): void {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : render(report));
  if (report.stopped === undefined) return;
  process.stderr.write(`error: ${report.stopped}\n`);
  process.exitCode = 1;
}

async function annotationOptions(
  options: AnnotateCommandOptions,
  environment: Environment,
): Promise<AnnotationOptions> {
  const { rewardKeyEnv, rewardMap } = options;
  return {
    ...options,
    candidates: needed(options.candidates, "--candidates"),
    registry: resolveEndpoints(await readRegistry(options.registry), environment).registry,
    judge: {
      spec: needed(options.judge, "--judge"),
      reference: options.reference,
      rubric: options.rubric === undefined ? undefined : await readRubric(options.rubric),
      command: options.command,
      sandbox: options.sandbox,
      allowNoSandbox: options.unsafeNoSandbox,
      commandTimeoutMs: options.commandTimeoutMs,
      commandEnvironment: passed(environment),
      rewardPointer: options.rewardPointer,
      rewardKey: rewardKeyEnv === undefined ? undefined : needed(environment[rewardKeyEnv], rewardKeyEnv),
      rewardMap: rewardMap && { kind: "logistic", ...rewardMap, origin: "given with --reward-map" },
    },
  };
}

async function readRubric(file: string): Promise<string> {
  const text = (await readFile(file, "utf8")).trim();
  if (text === "") throw invalidField("--rubric", `${file} is empty, but must say what makes an answer good`);
  return text;
}

function passed(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    passedVariables.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function needed<T>(value: T | undefined, option: string): T {
  if (value === undefined || value === "") throw invalidField(option, "is needed; see ipr annotate --help");
  return value;
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
