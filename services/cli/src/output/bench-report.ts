import type { BenchReport } from "../bench/report.ts";
import { renderTable } from "./table.ts";

/** The machine that figures hold for, as a line. */
export function renderMachine({ machine }: BenchReport): string {
  const { cpu, cores, node, load } = machine;
  return `${cpu}, ${cores} cores, Node ${node}, load average ${load.toFixed(1)} at the end\n`;
}

/** Latencies by scenario, and the machine they hold for. */
export function renderBench(report: BenchReport): string {
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
    report.rows.map((row) => [
      row.scenario,
      String(row.calls),
      String(row.failures),
      row.p50Ms.toFixed(2),
      row.p90Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.cpuUsPerCall === undefined ? "unknown" : row.cpuUsPerCall.toFixed(0),
    ]),
  );
  return `${table}\n${renderMachine(report)}CPU is that of the measured process: the proxy, this process (with the load's own share), or the router.\n`;
}
