import type { AnnotationEstimate, AnnotationReport, EnqueueReport, WorkReport } from "@ipr/trainer";
import { quality, unknown, usd } from "./numbers.ts";
import { renderTable } from "./table.ts";

/** More different failures than this are not listed. */
const maxListedFailures = 10;

export function renderAnnotationReport(report: AnnotationReport): string {
  const { candidates, files, rows, chargedUsd, isSimulated, notes } = report;
  const right = { align: "right" } as const;
  const table = renderTable(
    [
      { title: "candidate" },
      { title: "mean score", ...right },
      { title: "scored", ...right },
      { title: "failed", ...right },
      { title: "open", ...right },
      { title: "cut", ...right },
      { title: "tokens", ...right },
      { title: "answers USD", ...right },
    ],
    candidates.map((each) => [
      each.candidate,
      quality(each.meanScore),
      String(each.scored),
      String(each.failed),
      String(each.open),
      String(each.cut),
      each.meanOutputTokens === undefined ? unknown : each.meanOutputTokens.toFixed(0),
      usd(each.costUsd),
    ]),
  );
  const failures = candidates
    .flatMap(({ candidate, failures }) =>
      Object.entries(failures).map(([why, count]) => ({ candidate, why, count })),
    )
    .toSorted((a, b) => b.count - a.count);
  const listed = failures
    .slice(0, maxListedFailures)
    .map(({ candidate, why, count }) => `failed ${count} x ${candidate}: ${why}\n`);
  return [
    table,
    "\n",
    ...listed,
    ...notes.map((note) => `note: ${note}\n`),
    `${rows} rows in ${files.rows}, prices and settings in ${files.meta}; ${isSimulated ? `simulated: nothing was spent (real models would have cost about ${usd(chargedUsd)} USD)` : `at most ${usd(chargedUsd)} USD spent in all`}\n`,
    report.stopped === undefined && rows > 0 ? `next: ipr train --data ${files.rows} --out my-bundle\n` : "",
  ].join("");
}

export function renderAnnotationEstimate(estimate: AnnotationEstimate): string {
  const right = { align: "right" } as const;
  const rows = [...Object.entries(estimate.byModel), ["all", estimate] as const];
  const table = renderTable(
    [
      { title: "model" },
      { title: "calls", ...right },
      { title: "likely USD", ...right },
      { title: "upper estimate USD", ...right },
    ],
    rows.map(([model, { calls, likelyUsd, mostUsd }]) => [
      model,
      String(calls),
      usd(likelyUsd),
      usd(mostUsd),
    ]),
  );
  return `${table}\n${estimate.prompts} prompts; nothing was asked. --max-usd bounds the bill\n`;
}

export function renderEnqueued({ tasks, duplicates }: EnqueueReport): string {
  const known = duplicates === 0 ? "" : ` (${duplicates} were there already)`;
  return `${tasks} tasks in the queue${known}; start workers with the same options, without --enqueue\n`;
}

export function renderWorked({ answers, chargedUsd }: WorkReport): string {
  return `${answers} answers dealt with, at most ${usd(chargedUsd)} USD spent by this worker\n`;
}
