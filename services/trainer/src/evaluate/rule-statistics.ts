import {
  areaOf,
  candidatePoints,
  choicesAt,
  chooseSetting,
  type Curve,
  curveOf,
  envelopeAreaOf,
  gateSteps,
  type readerOf,
  rescaledArea,
  settingsOf,
  sharedAcross,
  type Statistic,
  type Steps,
  utilitySteps,
} from "@ipr/evaluation";
import { type Rule, type Target, targets } from "./evaluation.ts";
import type { Means, Sample } from "./sample.ts";

/** A router's tolerance is a share; the curve alone also uses stricter settings (see `gateSteps`). */
const toleranceRange = { from: 0, to: 1 };

/** A rule applied to one sample, at every setting. */
export interface AppliedRule {
  readonly steps: Steps;
  readonly curve: Curve;
  readonly settings: Float64Array;
}

export function applyRule(rule: Rule, sample: Sample, { reference }: Means): AppliedRule {
  const isGate = rule === "gate";
  const steps = isGate
    ? gateSteps(sample.estimates, sample.expectedCostsUsd, reference)
    : utilitySteps(sample.estimates, sample.expectedCostsUsd);
  const settings = settingsOf(steps, isGate ? [toleranceRange.from, toleranceRange.to] : []);
  return { steps, settings, curve: curveOf(steps, settings, sample) };
}

/** For each target the setting with the lowest cost that met it on these prompts; undefined where none did. */
export type Settings = Readonly<Record<Target, number | undefined>>;

export function chooseSettings(rule: Rule, sample: Sample, means: Means): Settings {
  const { settings, curve } = applyRule(rule, sample, means);
  const ones = new Float64Array(sample.scores.rows).fill(1);
  const points = curve(ones);
  const own = candidatePoints(sample)(ones);
  const reference = { quality: own.quality[means.reference]!, costUsd: own.costUsd[means.reference]! };
  const allowed = [...settings.keys()].filter(
    (index) =>
      rule === "utility" ||
      (settings[index]! >= toleranceRange.from && settings[index]! <= toleranceRange.to),
  );
  const pick = (values: Float64Array) => Float64Array.from(allowed, (index) => values[index]!);
  const allowedPoints = { quality: pick(points.quality), costUsd: pick(points.costUsd) };
  return forTargets((target) => chooseSetting(pick(settings), allowedPoints, { target, reference }));
}

/** Quality ratio and saving on the evaluated sample at settings chosen elsewhere. */
export function readTargets(applied: AppliedRule, chosen: Settings, read: Reader, { reference }: Means) {
  return forTargets((_, name) => {
    const setting = chosen[name];
    if (setting === undefined) return read(new Uint8Array(applied.steps.rows).fill(reference));
    return read(choicesAt(applied.steps, setting));
  });
}

export type Reader = ReturnType<typeof readerOf>;

export function areaStatistics(
  curve: Curve,
  areas: { readonly frontier: Statistic; readonly oracle: Statistic },
  singles: Curve,
  means: Means,
) {
  const area = sharedAcross(areaOf(curve, means, singles));
  return {
    area,
    rescaled: (weights: Float64Array) => rescaledArea(area(weights), areas.oracle(weights)),
    envelope: envelopeAreaOf(curve, means, singles),
    overFrontier: (weights: Float64Array) => area(weights) - areas.frontier(weights),
  };
}

export function forTargets<Value>(valueOf: (target: number, name: Target) => Value): Record<Target, Value> {
  const entries = targets.map((name) => [name, valueOf(Number(name), name)] as const);
  return Object.fromEntries(entries) as Record<Target, Value>;
}
