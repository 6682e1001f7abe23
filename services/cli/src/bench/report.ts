import { cpus, loadavg } from "node:os";
import type { Summary } from "./summary.ts";

export interface BenchRow extends Summary {
  readonly scenario: string;
}

export interface BenchReport {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly load: number;
  };
  readonly rows: readonly BenchRow[];
}

/** The machine of a measurement, asked at its end. */
export function thisMachine(): BenchReport["machine"] {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
}
