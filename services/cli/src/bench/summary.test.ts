import assert from "node:assert/strict";
import { test } from "node:test";
import { quantile, summarise } from "./summary.ts";

test("quantiles are nearest rank", () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual(
    [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1), quantile([7], 0.5)],
    [50, 99, 100, 7],
  );
});

test("failed calls are counted, and a run of failures alone is an error", () => {
  const measured = { latenciesMs: [3, 1, 2], failures: 1, seconds: 1, cpuUs: 400 };
  const { calls, failures, p50Ms, cpuUsPerCall } = summarise(measured);
  assert.deepEqual(
    { calls, failures, p50Ms, cpuUsPerCall },
    { calls: 3, failures: 1, p50Ms: 2, cpuUsPerCall: 100 },
  );
  assert.throws(() => summarise({ ...measured, latenciesMs: [] }), /no call succeeded/);
});
