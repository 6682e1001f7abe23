import { randomUUID } from "node:crypto";
import { invalidField } from "@ipr/errors";
import { createNatsWorkQueue } from "@ipr/events";
import type { Environment } from "@ipr/service";
import {
  annotate,
  type Answerer,
  collectAnnotation,
  enqueueAnnotation,
  estimateAnnotation,
  workAnnotation,
} from "@ipr/trainer";
import { annotationProgressPrinter } from "../output/annotation-progress.ts";
import {
  renderAnnotationEstimate,
  renderAnnotationReport,
  renderEnqueued,
  renderWorked,
} from "../output/annotation-report.ts";
import { type AnnotateCommandOptions, annotationOptions, needed } from "./annotate-options.ts";
import { createProxyAnswerer } from "./proxy-answerer.ts";

/** Reckons, annotates here, or over a queue, as the options say. */
export async function runAnnotate(options: AnnotateCommandOptions, environment: Environment): Promise<void> {
  if (options.dryRun) await dryRun(options, environment);
  else if (options.queue === undefined) await run(options, environment);
  else await runWithQueue(options, options.queue, environment);
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
