import { availableParallelism } from "node:os";
import { join } from "node:path";
import { openEncoder } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { type AddedFigures, measureAdded, type MeasuredAdding } from "@ipr/trainer";
import { Command } from "commander";
import { percent } from "../output/numbers.ts";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount, parseNames } from "./options.ts";

interface BenchAddModelOptions {
  readonly data: string[];
  readonly encoder: string;
  readonly draws: number;
  readonly candidates?: string[];
  readonly seed: number;
  readonly json?: true;
}

const labels = [100, 300, 1000];

export function benchAddModelCommand(environment: Environment): Command {
  return new Command("add-model")
    .description(
      "Measures what adding a candidate from 100, 300 and 1000 labels is worth: each candidate is held out in turn and added to a bundle of the others. Trains once per candidate: minutes.",
    )
    .option("--data <files...>", "labelled prompts with test rows", [
      join(shipped.dataDir, "llmrouter.jsonl.gz"),
    ])
    .option("--encoder <reference>", "a directory, or static or minilm", encoderReference, shipped.encoderDir)
    .option("--draws <n>", "random draws of the labels", parseCount(1), 3)
    .option("--candidates <names>", "hold out these only, separated by commas", parseNames)
    .option("--seed <n>", "of training and draws", parseCount(0), 7)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench add-model --draws 3")
    .action(async ({ json, ...options }: BenchAddModelOptions) => {
      const printer = progressPrinter(process.stderr);
      await using openedEncoder = await openEncoder(options.encoder, {
        workers: availableParallelism(),
        environment,
      });
      const report = await measureAdded({ ...options, openedEncoder, labels }, printer.report).finally(
        printer.end,
      );
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    });
}

function renderReport({ fullR2, candidates, byLabels }: MeasuredAdding): string {
  const right = { align: "right" as const };
  const columns = [
    { title: "labels", ...right },
    { title: "runs", ...right },
    { title: "R2 on test", ...right },
    { title: "worst run", ...right },
    { title: "share of full", ...right },
    { title: "fit s", ...right },
  ];
  const table = renderTable(columns, byLabels.map(rowOf));
  return `${table}\nfull training, all labels and jointly: R2 ${fullR2.toFixed(3)}, mean of ${candidates.length} candidates\n`;
}

function rowOf({ labels: count, runs, r2, worstR2, share, fitSeconds }: AddedFigures): string[] {
  return [
    String(count),
    String(runs),
    r2.toFixed(3),
    worstR2.toFixed(3),
    percent(share),
    fitSeconds.toFixed(2),
  ];
}
