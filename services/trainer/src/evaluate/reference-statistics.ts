import {
  areaOf,
  aucOf,
  cell,
  cheapestMixture,
  createMatrix,
  type Curve,
  curveOf,
  envelopeAreaOf,
  meanOfDefined,
  type Mixture,
  pointsOf,
  rSquared,
  seededRandom,
  settingsOf,
  sharedAcross,
  shuffledIndexes,
  sourceMeans,
  type Statistic,
  staticFrontier,
  type Truth,
  utilitySteps,
} from "@ipr/evaluation";
import { applyRule, forTargets, type Reader } from "./rule-statistics.ts";
import type { Means, Sample } from "./sample.ts";

export interface ReferenceOptions {
  /** Means of the evaluated candidates, by weights. */
  readonly singles: Curve;
  readonly read: Reader;
  readonly bestSingle: number;
  readonly seed: number;
}

/**
 * The rows that a router has to be seen beside. Mixtures and means come from the prompts settings are chosen on; the
 * oracle and the best single candidate know the evaluated prompts.
 */
export function referenceStatistics(
  evaluated: Sample,
  chosenOn: Sample,
  means: Means,
  { singles, read, bestSingle, seed }: ReferenceOptions,
) {
  const frontier = staticFrontier(means);
  const source = { ...evaluated, estimates: sourceMeans(chosenOn, evaluated.sources) };
  const shuffled = { ...evaluated, estimates: shuffledRows(evaluated, seed) };
  const single = (candidate: number) => ({
    area: areaOf(pointsOf(singles, [candidate]), means, singles),
    ...read(new Uint8Array(evaluated.scores.rows).fill(candidate)),
  });
  const mixtures = (mixable: readonly number[]) =>
    forTargets((target) => {
      const mixture = cheapestMixture(mixable, means, target * means.quality[means.reference]!);
      return mixturePoint(mixture, means.reference, singles);
    });
  return {
    random: {
      area: areaOf(pointsOf(singles, []), means, singles),
      targets: mixtures([means.cheapest, means.reference]),
    },
    cheapest: single(means.cheapest),
    reference: single(means.reference),
    bestSingle: single(bestSingle),
    frontier: {
      area: sharedAcross(areaOf(pointsOf(singles, frontier), means, singles)),
      targets: mixtures(frontier),
    },
    source: {
      area: areaOf(applyRule("utility", source, means).curve, means, singles),
      r2: rSquared(source.estimates, evaluated.scores, means.quality),
      auc: meanOfDefined([...means.quality.keys()].map((c) => aucOf(source.estimates, evaluated.scores, c))),
    },
    shuffled: { area: areaOf(applyRule("utility", shuffled, means).curve, means, singles) },
    oracle: { area: sharedAcross(envelopeAreaOf(oracleCurve(evaluated), means, singles)) },
  };
}

/** Per prompt the best true score minus lambda times true cost. Its envelope bounds every rule. */
export function oracleCurve(truth: Truth): Curve {
  const steps = utilitySteps(truth.scores, truth.costsUsd);
  return curveOf(steps, settingsOf(steps), truth);
}

/** The estimates of other prompts: what is left of a router when its estimates mean nothing. */
function shuffledRows({ estimates }: Sample, seed: number) {
  const order = shuffledIndexes(estimates.rows, seededRandom(seed));
  return createMatrix(estimates.rows, estimates.columns, (row, column) =>
    cell(estimates, order[row]!, column),
  );
}

function mixturePoint({ cheaper, dearer, dearerShare }: Mixture, reference: number, singles: Curve) {
  const ratioOf = (values: Float64Array) =>
    ((1 - dearerShare) * values[cheaper]! + dearerShare * values[dearer]!) / values[reference]!;
  const qualityRatio: Statistic = (weights) => ratioOf(singles(weights).quality);
  const saving: Statistic = (weights) => 1 - ratioOf(singles(weights).costUsd);
  return { qualityRatio, saving };
}
