import type { DataReport } from "@ipr/trainer";

/** What is wrong with training data, the worst first, each with what to do. */
export function renderDataReport({ rows, findings }: DataReport): string {
  const counted = `data: ${rows.development} prompts to train on, ${rows.test} to test on`;
  if (findings.length === 0) return `${counted}; nothing to remark\n`;
  const lines = findings.map(({ severity, what, advice }) => `${severity}: ${what}\n  ${advice}\n`);
  return `${counted}\n${lines.join("")}`;
}
