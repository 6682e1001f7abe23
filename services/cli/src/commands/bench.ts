import type { Environment } from "@ipr/service";
import { Command } from "commander";
import { benchRoute, type BenchReport } from "../bench/bench-route.ts";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { benchAddModelCommand } from "./bench-add-model.ts";
import { parseCount } from "./options.ts";

interface BenchRouteCommandOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly json?: true;
}

export function benchCommand(environment: Environment): Command {
  return new Command("bench")
    .description("The project's own benchmarks.")
    .addCommand(benchRouteCommand(environment))
    .addCommand(benchAddModelCommand());
}

function benchRouteCommand(environment: Environment): Command {
  return new Command("route")
    .description(
      "Measures a decision in process and over gRPC, beside a bare Node proxy on the same machine.",
    )
    .option("--seconds <n>", "how long each scenario is measured", parseCount(1), 5)
    .option("--rate <n>", "decisions a second in the open loop", parseCount(1), 200)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench route --seconds 10")
    .action(async ({ seconds, rate, json }: BenchRouteCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const onProgress = (stage: string) => printer.report({ stage, done: 0, total: 0 });
      const report = await benchRoute(environment, { seconds, ratePerSecond: rate, onProgress }).finally(
        printer.end,
      );
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    });
}

function renderReport({ machine, rows }: BenchReport): string {
  const right = { align: "right" as const };
  const columns = [
    { title: "scenario" },
    { title: "calls", ...right },
    { title: "failed", ...right },
    { title: "p50 ms", ...right },
    { title: "p90 ms", ...right },
    { title: "p99 ms", ...right },
    { title: "CPU us a call", ...right },
  ];
  const table = renderTable(
    columns,
    rows.map((row) => [
      row.scenario,
      String(row.calls),
      String(row.failures),
      row.p50Ms.toFixed(2),
      row.p90Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.cpuUsPerCall === undefined ? "unknown" : row.cpuUsPerCall.toFixed(0),
    ]),
  );
  const { cpu, cores, node, load } = machine;
  return `${table}\n${cpu}, ${cores} cores, Node ${node}, load average ${load.toFixed(1)} at the end\nCPU is that of the measured process: the proxy, this process (with the load's own share), or the router.\n`;
}
