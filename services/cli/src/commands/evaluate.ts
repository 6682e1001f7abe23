import { availableParallelism } from "node:os";
import { openEncoder } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { evaluate, evaluationJson, formatEvaluation } from "@ipr/trainer";
import { Command, Option } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { encoderReference } from "./encoder-reference.ts";
import { shippedBundleOf } from "./shipped-bundle.ts";
import { parseCount, parseNames } from "./options.ts";

interface EvaluateCommandOptions {
  readonly bundle?: string;
  readonly data: string[];
  readonly encoder: string;
  readonly split: "train" | "val" | "test" | "all";
  readonly prices?: string;
  readonly pool?: string[][];
  readonly costs: "predicted" | "mean";
  readonly router?: string;
  readonly report?: string;
  readonly seed: number;
  readonly json?: true;
}

export function evaluateCommand(environment: Environment): Command {
  return new Command("evaluate")
    .description(
      "Measures a bundle on labelled prompts: estimates, routing rules at their targets, and what they must be seen beside.",
    )
    .option("--bundle <directory>", "the bundle (default: that of the shipped encoder)")
    .requiredOption("--data <files...>", "labelled prompts, .jsonl, .jsonl.gz or .parquet")
    .option(
      "--encoder <reference>",
      "the encoder the bundle was trained with: a directory, or static or minilm for a shipped one",
      encoderReference,
      shipped.encoderDir,
    )
    .addOption(
      new Option("--split <name>", "which rows are measured")
        .choices(["train", "val", "test", "all"])
        .default("test"),
    )
    .option("--prices <file>", "registry.yaml or .meta.json (default: the .meta.json beside each data file)")
    .option(
      "--pool <names>",
      "route between these only, separated by commas; several times for a verdict on each (default: all, and the pools the data suggest)",
      (text: string, before: string[][] | undefined) => [...(before ?? []), parseNames(text)],
    )
    .addOption(
      new Option(
        "--costs <belief>",
        "what the rules believe an answer costs: by predicted length, or a candidate's mean",
      )
        .choices(["predicted", "mean"])
        .default("predicted"),
    )
    .option("--router <name>", "evaluate the pool and the reference of this router of the --prices registry")
    .option("--report <file>", "write a self-contained HTML report with plots")
    .option("--seed <n>", "of the bootstrap", parseCount(0), 1)
    .option("--json", "print every figure with its 95 % interval as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  ipr evaluate --bundle my-bundle --data my-prompts.jsonl --prices registry.yaml --report report.html",
    )
    .action(async ({ json, pool: pools, ...options }: EvaluateCommandOptions) => {
      const [pool, ...morePools] = pools ?? [];
      const printer = progressPrinter(process.stderr);
      await using encoder = await openEncoder(options.encoder, {
        workers: availableParallelism(),
        environment,
      });
      const result = await evaluate(
        {
          ...options,
          bundle: options.bundle ?? shippedBundleOf(options.encoder),
          encoder,
          pool,
          ...(pool === undefined ? {} : { morePools }),
        },
        printer.report,
      ).finally(printer.end);
      process.stdout.write(json ? evaluationJson(result) : formatEvaluation(result));
    });
}
