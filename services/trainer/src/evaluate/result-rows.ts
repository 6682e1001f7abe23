import { type Evaluation, referenceNames, type Rule, rules, type Target, targets } from "./evaluation.ts";
import { figure, grouped, number, percent, percentage, setting, usdPerThousand } from "./format-figures.ts";
import { referenceLabel, ruleLabels } from "./labels.ts";

/** Each candidate of the pool, for a table with a header. */
export function candidateRows({ candidates, perCandidate }: Evaluation): readonly (readonly string[])[] {
  const header = ["", "quality", "estimate", "USD per 1,000", "AUC", "in source", "ECE", "MAE"];
  const rows = candidates.map((name) => {
    const own = perCandidate[name]!;
    return [
      name,
      figure(own.quality),
      number(own.estimate.value),
      usdPerThousand(own.costUsd.value),
      figure(own.auc),
      number(own.withinSourceAuc.value),
      number(own.ece.value),
      number(own.mae.value),
    ];
  });
  return [header, ...rows];
}

/** Both rules and every reference row. */
export function areaRows(evaluation: Evaluation): readonly (readonly string[])[] {
  const header = ["", "area", "rescaled", "over the frontier", "quality ratio", "saving"];
  const ownRows = rules.map((rule) => {
    const { area, rescaled, overFrontier } = evaluation.rules[rule];
    return [ruleLabels[rule], figure(area), number(rescaled.value), figure(overFrontier)];
  });
  const referenceRows = referenceNames.map((name) => {
    const { area, qualityRatio, saving } = evaluation.references[name];
    const row = [referenceLabel(name, evaluation), figure(area)];
    if (qualityRatio !== undefined && saving !== undefined) {
      row.push("", "", figure(qualityRatio), percent(saving));
    }
    return row;
  });
  return [header, ...ownRows, ...referenceRows];
}

/** What each rule reached at each target, with the mixtures that need no prompt. */
export function targetRows(evaluation: Evaluation): readonly (readonly string[])[] {
  const header = ["target", "quality ratio", "saving", "setting", "in hindsight"];
  const rows = targets.flatMap((target) => {
    const ruleRows = rules.map((rule) => ruleTargetRow(evaluation, rule, target));
    const mixtureRows = (["frontier", "random"] as const).map((name) => {
      const { qualityRatio, saving } = evaluation.references[name].targets![target];
      return [`${target}  ${referenceLabel(name, evaluation)}`, figure(qualityRatio), percent(saving)];
    });
    return ruleRows.concat(mixtureRows);
  });
  return [header, ...rows];
}

function ruleTargetRow(evaluation: Evaluation, rule: Rule, target: Target): string[] {
  const own = evaluation.rules[rule];
  const { qualityRatio, saving, setting: value } = own.targets[target];
  const hindsight = own.oracleTolerance[target];
  return [
    `${target}  ${ruleLabels[rule]}, ${own.chosen}`,
    figure(qualityRatio),
    percent(saving),
    setting(rule, value),
    `ratio ${number(hindsight.qualityRatio.value)}, saves ${percentage(hindsight.saving.value)}`,
  ];
}

/** What the figures of the tables were chosen on, in one line. */
export function chosenLine({ rules: { gate, utility }, chosenOn }: Evaluation): string {
  const rows = `${grouped(chosenOn.rows)}${chosenOn.rows < chosenOn.of ? ` drawn of ${grouped(chosenOn.of)}` : ""} other rows`;
  const settings = `gate ${gate.chosen}, utility ${utility.chosen}`;
  // The utility rule's settings come from the prompts that the frontier comes from; the gate's may come from the bundle.
  return utility.chosen === "evaluated-rows"
    ? `There are no other rows: the static frontier is chosen on the measured ones (settings: ${settings}).`
    : `The static frontier is chosen on ${rows}, as are the settings (${settings}); "in hindsight" on the measured ones.`;
}

/** Rows and candidates that were not measured, with the reason. */
export function leftOut({ excludedCandidates, excludedRows }: Evaluation): readonly string[] {
  const byReason = Map.groupBy(excludedCandidates, ({ reason }) => reason);
  return [
    ...excludedRows.map(({ reason, rows }) => `Left out: ${grouped(rows)} rows ${reason}`),
    ...[...byReason].map(
      ([reason, names]) => `Left out, ${reason}: ${names.map(({ name }) => name).join(", ")}`,
    ),
  ];
}
