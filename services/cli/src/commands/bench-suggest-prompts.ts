import { basename, join } from "node:path";
import { availableParallelism } from "node:os";
import { openEncoder } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { measureSuggested, type SuggestedFigures } from "@ipr/trainer";
import { Command } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount } from "./options.ts";

interface BenchSuggestOptions {
  readonly data: string[];
  readonly encoder: string;
  readonly draws: number;
  readonly seed: number;
  readonly json?: true;
}

const sets = ["llmrouter", "mmlupro", "routellm", "zeroeval"];
const counts = [100, 300];

export function benchSuggestPromptsCommand(environment: Environment): Command {
  return new Command("suggest-prompts")
    .description("Measures whether labelling suggested prompts teaches more than labelling random ones.")
    .option(
      "--data <files...>",
      "labelled prompts with test rows",
      sets.map((name) => join(shipped.dataDir, `${name}.jsonl.gz`)),
    )
    .option("--encoder <reference>", "a directory, or static or minilm", encoderReference, shipped.encoderDir)
    .option("--draws <n>", "draws of the prompts, at least 2", parseCount(2), 8)
    .option("--seed <n>", "of the draws", parseCount(0), 7)
    .option("--json", "print the figures as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench suggest-prompts --draws 8")
    .action(async ({ json, ...options }: BenchSuggestOptions) => {
      const printer = progressPrinter(process.stderr);
      await using encoder = await openEncoder(options.encoder, {
        workers: availableParallelism(),
        environment,
      });
      const figures = await measureSuggested({ ...options, encoder, counts }, printer.report).finally(
        printer.end,
      );
      process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : renderFigures(figures));
    });
}

function renderFigures(figures: readonly SuggestedFigures[]): string {
  const right = { align: "right" as const };
  const columns = [
    { title: "data" },
    { title: "prompts", ...right },
    { title: "R2 random", ...right },
    { title: "R2 suggested", ...right },
    { title: "gain, 95 % interval", ...right },
    { title: "" },
  ];
  return renderTable(columns, figures.map(rowOf));
}

function rowOf({ data, prompts, random, suggested, gain, gainError }: SuggestedFigures): string[] {
  const verdict = Math.abs(gain) <= gainError ? "no difference to be seen" : gain > 0 ? "better" : "worse";
  const interval = `${gain.toFixed(3)} [${(gain - gainError).toFixed(3)}, ${(gain + gainError).toFixed(3)}]`;
  return [basename(data), String(prompts), random.toFixed(3), suggested.toFixed(3), interval, verdict];
}
