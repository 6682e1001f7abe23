import type { Evaluation, ReferenceName, Rule } from "./evaluation.ts";

export const ruleLabels: Readonly<Record<Rule, string>> = {
  gate: "gate (paper's rule)",
  utility: "utility rule",
};

/** What each reference row stands for, with the candidate's name where it is one. */
export function referenceLabel(name: ReferenceName, { references }: Evaluation): string {
  const { candidate } = references[name];
  return candidate === undefined ? labels[name] : `${labels[name]}: ${candidate}`;
}

const labels: Readonly<Record<ReferenceName, string>> = {
  random: "random mixing",
  cheapest: "always the cheapest",
  reference: "always the reference",
  bestSingle: "best single, in hindsight",
  frontier: "static frontier",
  source: "source only, utility rule",
  shuffled: "shuffled estimates, utility rule",
  oracle: "per-prompt oracle",
};

export const predictionLabels: Readonly<Record<keyof Evaluation["prediction"], string>> = {
  r2: "R2 against training means",
  auc: "AUC, mean over candidates",
  withinSourceAuc: "AUC within sources",
  ece: "calibration error (ECE)",
  mae: "mean absolute error",
  topOne: "top-1 accuracy",
  bestSetF1: "F1 of the best set",
};
