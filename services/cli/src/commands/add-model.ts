import { availableParallelism } from "node:os";
import { openEncoder } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { addModel, type AddModelReport } from "@ipr/trainer";
import { Command } from "commander";
import { quality } from "../output/numbers.ts";
import { progressPrinter } from "../output/progress.ts";
import { shellWord } from "../output/shell-word.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount } from "./options.ts";

interface AddModelCommandOptions {
  readonly bundle: string;
  readonly model: string;
  readonly data: string[];
  readonly out: string;
  readonly encoder: string;
  readonly replace?: true;
  readonly prices?: string;
  readonly seed: number;
  readonly json?: true;
}

export function addModelCommand(environment: Environment): Command {
  return new Command("add-model")
    .description(
      "Adds a candidate to a trained bundle from labelled prompts, in seconds. All other candidates stay bit for bit as they are; see docs/add-model.md.",
    )
    .requiredOption("--bundle <directory>", "the bundle to add to; it is not changed")
    .requiredOption("--model <name>", "the candidate, as it is named in the data's scores")
    .requiredOption(
      "--data <files...>",
      "labelled prompts, .jsonl, .jsonl.gz or .parquet; rows of split test are measured on, never fitted on",
    )
    .requiredOption("--out <directory>", "where the new bundle goes; written whole or not at all")
    .option(
      "--encoder <reference>",
      "the encoder the bundle was trained with: a directory, or static or minilm for a shipped one",
      encoderReference,
      shipped.encoderDir,
    )
    .option("--replace", "fit a candidate anew that the bundle has already")
    .option(
      "--prices <file>",
      "registry.yaml or .meta.json, for the next command; tells whether the candidate has a price",
    )
    .option("--seed <n>", "equal bundle, data and seed give the same bundle", parseCount(0), 7)
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nWith fewer than 100 labels a candidate has its mean only, and no router chooses it.\n" +
        "\nExample:\n  ipr add-model --bundle my-bundle --model new-model --data new-labels.jsonl --prices registry.yaml --out my-bundle-2",
    )
    .action(async ({ json, ...options }: AddModelCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      await using encoder = await openEncoder(options.encoder, {
        workers: availableParallelism(),
        environment,
      });
      const report = await addModel({ ...options, encoder }, printer.report).finally(printer.end);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, options));
    });
}

type NextOptions = Pick<AddModelCommandOptions, "data" | "encoder" | "prices">;

function renderReport(report: AddModelReport, options: NextOptions): string {
  const { bundle, base, out, model, labels, meanQuality, isRoutable, intervalWidth, test, notes } = report;
  const kind = isRoutable ? "" : ": too few to route by, at least 100 are needed; it has its mean only";
  const measured =
    test === undefined
      ? "no rows of split test: nothing was measured; routing is measured on test rows that it is labelled on, too\n"
      : `on ${test.labels} test rows: R2 ${test.r2.toFixed(3)}, AUC ${test.auc.toFixed(3)}, MAE ${test.mae.toFixed(3)}\n`;
  return [
    `${model}: ${labels} labels${kind}\n`,
    `mean quality ${quality(meanQuality)}, 90 % intervals ${intervalWidth.toFixed(2)} wide on average\n`,
    measured,
    ...notes.map((note) => `note: ${note}\n`),
    `bundle ${bundle} in ${out} (${base} and ${model})\n`,
    `next: ${nextCommand(report, options)}\n`,
  ].join("");
}

/**
 * Measure it where it may be chosen; else label more. Routing is measured on prompts that have labels of other candidates
 * too: OTHERS.jsonl stands for a file with those, rows of the same id.
 */
export function nextCommand(
  { out, isRoutable, isShared }: Pick<AddModelReport, "out" | "isRoutable" | "isShared">,
  { data, encoder, prices }: NextOptions,
): string {
  const encoderWords = encoder === shipped.encoderDir ? [] : ["--encoder", encoder];
  const words = isRoutable
    ? [
        "ipr",
        "evaluate",
        "--bundle",
        out,
        "--data",
        ...data,
        ...(isShared ? [] : ["OTHERS.jsonl"]),
        ...encoderWords,
        ...(prices ? ["--prices", prices] : []),
      ]
    : [
        "ipr",
        "suggest-prompts",
        "--data",
        "UNLABELLED.jsonl",
        ...encoderWords,
        "--count",
        "200",
        "--out",
        "to-label.jsonl",
      ];
  return words.map(shellWord).join(" ");
}
