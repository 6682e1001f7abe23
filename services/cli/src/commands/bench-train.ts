import { Command, Option } from "commander";
import { benchTrain, type BenchTrainReport } from "../bench/bench-train.ts";
import { percent } from "../output/numbers.ts";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { parseCount } from "./options.ts";

interface BenchTrainCommandOptions {
  readonly rows: number;
  readonly candidates: number;
  readonly format: "jsonl" | "parquet";
  readonly seed: number;
  readonly json?: true;
}

export function benchTrainCommand(): Command {
  return new Command("train")
    .description(
      "Trains on generated prompts of a world whose best possible R2 is known, and measures time and memory end to end.",
    )
    .option(
      "--rows <n>",
      "labelled prompts to generate; the issue's size is 1500000",
      parseCount(1000),
      1_500_000,
    )
    .option("--candidates <n>", "candidates, each with labels of nine prompts in ten", parseCount(1), 11)
    .addOption(
      new Option("--format <format>", "what the prompts are read from")
        .choices(["jsonl", "parquet"])
        .default("jsonl"),
    )
    .option("--seed <n>", "equal seeds give equal prompts and the same bundle", parseCount(0), 7)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench train --rows 150000")
    .action(async ({ json, ...options }: BenchTrainCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const report = await benchTrain({ ...options, onProgress: printer.report }).finally(printer.end);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    });
}

function renderReport(report: BenchTrainReport): string {
  const { machine, rows, candidates, format, dataBytes, networks, stages, r2, r2Ceiling, auc } = report;
  const right = { align: "right" as const };
  const table = renderTable(
    [{ title: "stage" }, { title: "seconds", ...right }, { title: "rows/s", ...right }],
    [
      ...stages.map(({ stage, seconds, done }) => [
        stage,
        seconds.toFixed(1),
        done > 1000 ? (done / seconds).toFixed(0) : "",
      ]),
      ["all", report.wallSeconds.toFixed(1), (rows / report.wallSeconds).toFixed(0)],
    ],
  );
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  return [
    `${rows} prompts x ${candidates} candidates, ${format}, ${gib(dataBytes)}; ${networks} networks\n\n`,
    `${table}\n`,
    `wall ${(report.wallSeconds / 60).toFixed(1)} min, CPU ${(report.cpuSeconds / 60).toFixed(1)} min, peak memory ${gib(report.peakRssBytes)}\n`,
    `test R2 ${r2.toFixed(4)} of at most ${r2Ceiling.toFixed(4)} (${percent(r2 / r2Ceiling)}), AUC ${auc.toFixed(4)}\n`,
    ...report.notes.map((note) => `note: ${note}\n`),
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load average ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after\n`,
  ].join("");
}
