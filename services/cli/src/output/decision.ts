import { type RouteResponse, TrustStateSchema } from "@ipr/proto";
import { percent, quality, usd } from "./numbers.ts";
import { renderTable } from "./table.ts";

/** A decision for a person: what was known of each candidate, the choice, and what it saves. */
export function renderDecision(decision: RouteResponse): string {
  const rows = decision.candidates.map((candidate) => [
    candidate.name === decision.model ? "->" : "",
    candidate.name,
    quality(candidate.quality),
    interval(candidate.qualityLow, candidate.qualityHigh),
    usd(candidate.expectedCostUsd),
    candidate.feasible ? "yes" : "no",
    candidate.name === decision.model && !candidate.feasible
      ? `${candidate.reason}; it serves as the reference`
      : candidate.reason,
  ]);
  const columns = [
    { title: "" },
    { title: "candidate" },
    { title: "quality", align: "right" as const },
    { title: "90 % interval" },
    { title: "USD", align: "right" as const },
    { title: "feasible" },
    { title: "why not" },
  ];
  return `${renderTable(columns, rows)}\n${facts(decision)
    .map(([name, value]) => `${name.padEnd(12)}${value}\n`)
    .join("")}`;
}

function facts(decision: RouteResponse): [string, string][] {
  const { threshold, tolerance, bundle, calibration, timings } = decision;
  const bar = threshold === undefined ? "none: no estimates" : quality(threshold);
  const lines: [string, string][] = [
    ["threshold", `${bar} (tolerance ${tolerance})`],
    ["choice", `${decision.model}${decision.degraded ? `  DEGRADED: ${decision.degradedReason}` : ""}`],
    ["saving", savingText(decision)],
    ["fallbacks", decision.fallbacks.join(", ") || "none"],
    ["trust", trustText(decision)],
    ["estimates", bundle === "" ? "none" : `bundle ${bundle}, calibration ${calibration}`],
    ["decision", decision.decisionId],
  ];
  if (timings) {
    const { embedMs, predictMs, decideMs, totalMs } = timings;
    const stages = `embed ${embedMs.toFixed(2)}, predict ${predictMs.toFixed(2)}, decide ${decideMs.toFixed(2)}`;
    lines.push(["time", `${totalMs.toFixed(2)} ms (${stages})`]);
  }
  return lines;
}

/** A saving is never shown without the quality it is expected to cost. */
function savingText({ expectedSaving, expectedQualityChange, model, referenceModel }: RouteResponse): string {
  if (model === referenceModel) return `none: the choice is the reference (${referenceModel})`;
  const change =
    expectedQualityChange === undefined
      ? "at an unknown change of quality"
      : `at ${expectedQualityChange >= 0 ? "+" : ""}${expectedQualityChange.toFixed(3)} predicted quality`;
  return `${percent(expectedSaving)} against the reference ${referenceModel}, ${change}`;
}

function trustText({ trustState, trustForced, model, recommendedModel }: RouteResponse): string {
  const state = (TrustStateSchema.value[trustState]?.localName ?? "unknown").toLowerCase();
  const forced = trustForced ? " (forced by the operator)" : "";
  const shadow =
    recommendedModel !== "" && recommendedModel !== model
      ? `; estimates alone would choose ${recommendedModel}`
      : "";
  return `${state}${forced}${shadow}`;
}

function interval(low: number | undefined, high: number | undefined): string {
  return low === undefined || high === undefined ? "" : `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
