/** Latencies of one scenario, in milliseconds, with what each call cost in CPU. */
export interface Summary {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  /** CPU time of the measured process for each call; undefined where the system does not tell. */
  readonly cpuUsPerCall: number | undefined;
}

export interface Measured {
  readonly latenciesMs: readonly number[];
  readonly failures: number;
  readonly seconds: number;
  readonly cpuUs: number | undefined;
}

/** @throws RangeError when no call succeeded: a summary of nothing would look like a fast one. */
export function summarise({ latenciesMs, failures, seconds, cpuUs }: Measured): Summary {
  if (latenciesMs.length === 0) throw new RangeError(`no call succeeded, ${failures} failed`);
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return {
    calls: sorted.length,
    failures,
    seconds,
    p50Ms: quantile(sorted, 0.5),
    p90Ms: quantile(sorted, 0.9),
    p99Ms: quantile(sorted, 0.99),
    cpuUsPerCall: cpuUs === undefined ? undefined : cpuUs / (sorted.length + failures),
  };
}

/** The nearest-rank quantile of sorted, non-empty values. */
export function quantile(sorted: readonly number[], share: number): number {
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] as number;
}
