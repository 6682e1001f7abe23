import { type ExecutionProvider, executionProviders } from "@ipr/encoders";
import type { Environment } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { Command, Option } from "commander";
import { benchEmbed } from "../bench/bench-embed.ts";
import type { BenchReport } from "../bench/report.ts";
import { renderMachine } from "../output/bench-report.ts";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount } from "./options.ts";

interface BenchEmbedCommandOptions {
  readonly encoder?: string[];
  readonly seconds: number;
  readonly workers: number;
  readonly provider: ExecutionProvider;
  readonly json?: true;
}

export function benchEmbedCommand(environment: Environment): Command {
  return new Command("embed")
    .description("Measures encoders: by length of text, beside a very long one, and by batch size.")
    .option(
      "--encoder <reference>",
      "an encoder: a directory, or static or minilm; several times for several (default: the shipped ones)",
      (text: string, before: string[] | undefined) => [...(before ?? []), encoderReference(text)],
    )
    .option("--seconds <n>", "how long each scenario is measured", parseCount(1), 5)
    .option("--workers <n>", "threads that encode", parseCount(1), 1)
    .addOption(
      new Option("--provider <name>", "what computes an ONNX encoder")
        .choices(executionProviders)
        .default("cpu"),
    )
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench embed --encoder minilm --workers 2")
    .action(async ({ encoder, json, ...options }: BenchEmbedCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const onProgress = (stage: string) => printer.report({ stage, done: 0, total: 0 });
      const encoders = encoder ?? Object.values(shipped.encoders);
      const report = await benchEmbed({ ...options, encoders, environment, onProgress }).finally(printer.end);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    });
}

function renderReport(report: BenchReport): string {
  const right = { align: "right" as const };
  const columns = [
    { title: "scenario" },
    { title: "p50 ms", ...right },
    { title: "p99 ms", ...right },
    { title: "CPU ms a text", ...right },
    { title: "texts/s", ...right },
  ];
  const rows = report.rows.map(({ scenario, calls, seconds, p50Ms, p99Ms, cpuUsPerCall }) => [
    scenario,
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    cpuUsPerCall === undefined ? "unknown" : (cpuUsPerCall / 1000).toFixed(2),
    (calls / seconds).toFixed(0),
  ]);
  return `${renderTable(columns, rows)}\n${renderMachine(report)}CPU is that of the whole process, the load's own share included.\n`;
}
