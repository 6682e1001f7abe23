import { availableParallelism } from "node:os";
import { openEncoder } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { suggestPrompts, type SuggestReport } from "@ipr/trainer";
import { Command } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { shellWord } from "../output/shell-word.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount } from "./options.ts";

interface SuggestCommandOptions {
  readonly data: string[];
  readonly bundle?: string;
  readonly encoder: string;
  readonly count: number;
  readonly out: string;
  readonly seed: number;
  readonly json?: true;
}

export function suggestPromptsCommand(environment: Environment): Command {
  return new Command("suggest-prompts")
    .description(
      "Picks the prompts to label first: every kind of prompt as often as it occurs, no two nearly the same.",
    )
    .requiredOption(
      "--data <files...>",
      "prompts, .jsonl or .jsonl.gz, with or without labels; test rows are left out",
    )
    .requiredOption("--out <file>", "where the picked rows go, .jsonl, as they were read")
    .option("--count <n>", "how many", parseCount(1), 200)
    .option(
      "--bundle <directory>",
      "tell prompts apart by this bundle's hidden layer instead of the embedding",
    )
    .option(
      "--encoder <reference>",
      "the encoder: a directory, or static or minilm for a shipped one",
      encoderReference,
      shipped.encoderDir,
    )
    .option("--seed <n>", "equal data and seed give the same prompts", parseCount(0), 7)
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nIt saves labels spent on near duplicates. Beyond that, do not expect more than from random prompts:\n" +
        "see docs/add-model.md, and measure with: ipr bench suggest-prompts\n" +
        "\nExample:\n  ipr suggest-prompts --data unlabelled.jsonl --count 200 --out to-label.jsonl",
    )
    .action(async ({ json, ...options }: SuggestCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      await using encoder = await openEncoder(options.encoder, {
        workers: availableParallelism(),
        environment,
      });
      const report = await suggestPrompts({ ...options, encoder }, printer.report).finally(printer.end);
      process.stdout.write(
        json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, options.count),
      );
    });
}

function renderReport({ prompts, duplicates, suggested, out }: SuggestReport, count: number): string {
  const short = suggested < count ? `; the others of ${count} would be near duplicates` : "";
  return [
    `${prompts} prompts (${duplicates} rows with a prompt of an earlier row)\n`,
    `${suggested} picked, in ${out}${short}\n`,
    `next: have the new candidate's answers to them scored: ipr annotate --prompts ${shellWord(out)} --help\n`,
  ].join("");
}
